// The script of an app's page, which browser.test.ts loads after `aws-sdk` and `amazon-cognito-js`.

const promised = (start) =>
  new Promise((resolve, reject) => {
    start((error, value) => (error ? reject(error) : resolve(value)));
  });

/** Signs in as a guest, a known one if an identity is named, and opens a dataset that this browser keeps. */
globalThis.openDevice = async ({ endpoint, region, poolId, identityId }) => {
  const { AWS } = globalThis;
  const credentials = new AWS.CognitoIdentityCredentials({
    IdentityPoolId: poolId,
    ...(identityId && { IdentityId: identityId }),
  });
  AWS.config.update({ region, credentials, cognitosync: { endpoint }, cognitoidentity: { endpoint } });
  await credentials.getPromise();
  const manager = new AWS.CognitoSyncManager();
  const dataset = await promised((done) => manager.openOrCreateDataset('settings', done));
  globalThis.device = {
    identityId: credentials.identityId,
    put: (key, value) => promised((done) => dataset.put(key, value, done)).then(() => {}),
    remove: (key) => promised((done) => dataset.remove(key, done)).then(() => {}),
    getAll: () => promised((done) => dataset.getAll(done)),
    /** Conflicts go as `resolution` says: `resolveWithLocalRecord` or `resolveWithRemoteRecord`. */
    synchronize: (resolution) =>
      new Promise((resolve, reject) => {
        dataset.synchronize({
          onSuccess: () => resolve(),
          onFailure: reject,
          ...(resolution && {
            onConflict: (_dataset, conflicts, go) => {
              const resolved = conflicts.map((conflict) => conflict[resolution]());
              dataset.resolve(resolved, (error) => (error ? reject(error) : go(true)));
            },
          }),
        });
      }),
  };
  return credentials.identityId;
};

/** What is left of an error on its way out of the page. */
globalThis.refusalOf = (call) =>
  call.then(
    () => undefined,
    ({ name, code, statusCode, message, requestId }) => ({ name, code, statusCode, message, requestId }),
  );
