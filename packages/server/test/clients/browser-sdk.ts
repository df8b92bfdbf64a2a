// What a page would import of the SDK of today; browser.test.ts bundles it for a browser.
import { CognitoSync, ResourceConflictException } from '@aws-sdk/client-cognito-sync';
import { fromCognitoIdentityPool } from '@aws-sdk/credential-providers';

const sdk = { CognitoSync, ResourceConflictException, fromCognitoIdentityPool };
Object.assign(globalThis, { SDK: sdk });

export type BrowserSdk = typeof sdk;
