import { playInNode } from './scenarios/node-place.ts';
import { oldAndroidBugs } from './scenarios/old-client-android.ts';
import { oldJavaScriptBugs } from './scenarios/old-client-js.ts';
import { oldMobileBugs } from './scenarios/old-client-mobile.ts';
import { oldUserBugs } from './scenarios/old-client-users.ts';

playInNode([...oldJavaScriptBugs, ...oldAndroidBugs, ...oldMobileBugs, ...oldUserBugs], ['memory']);
