import { autoSyncScenarios } from './auto-sync.ts';
import { datasetSyncs } from './dataset-syncs.ts';
import { datasetValues } from './dataset-values.ts';
import { oldAndroidBugs } from './old-client-android.ts';
import { oldJavaScriptBugs } from './old-client-js.ts';
import { oldMobileBugs } from './old-client-mobile.ts';
import { oldUserBugs } from './old-client-users.ts';
import type { Scenario } from './stage.ts';
import { tabScenarios } from './tabs.ts';
import { userCrashScenarios } from './user-crashes.ts';
import { userScenarios } from './users.ts';

/** By group. */
export const scenarios: Readonly<Record<string, readonly Scenario[]>> = {
  'values of a dataset': datasetValues,
  'syncs of a dataset': datasetSyncs,
  'syncs without being asked': autoSyncScenarios,
  tabs: tabScenarios,
  users: userScenarios,
  'crashes of a sign-in': userCrashScenarios,
  'bugs of amazon-cognito-js': oldJavaScriptBugs,
  'bugs of the Android client': oldAndroidBugs,
  'bugs of the iOS, .NET and Unity clients': oldMobileBugs,
  'bugs of old clients with users': oldUserBugs,
};
