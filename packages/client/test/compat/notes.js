// A page as it was written for amazon-cognito-js: callbacks, globals, no promises. It runs on either library.
(() => {
  const { AWS, document, location } = globalThis;
  const given = new URLSearchParams(location.search);
  const element = (id) => document.getElementById(id);
  let steps = 0;

  AWS.config.update({
    region: given.get('region'),
    cognitosync: { endpoint: given.get('endpoint') },
    cognitoidentity: { endpoint: given.get('endpoint') },
  });
  const identity = given.get('identity');
  AWS.config.credentials = new AWS.CognitoIdentityCredentials(
    identity
      ? { IdentityPoolId: given.get('pool'), IdentityId: identity }
      : { IdentityPoolId: given.get('pool') },
  );

  function tell(message) {
    steps += 1;
    element('status').textContent = `${steps}: ${message}`;
  }

  function show(dataset, message) {
    dataset.getAll((error, notes) => {
      if (error) return tell(error.message);
      // A removed note is an empty text in amazon-cognito-js.
      const lines = Object.keys(notes)
        .filter((key) => notes[key] !== '')
        .map((key) => `${key}=${notes[key]}`);
      element('notes').textContent = lines.sort().join('\n');
      tell(message);
    });
  }

  function resolve(dataset, conflicts, callback) {
    const choice = element('choice').value;
    if (choice === 'nothing') return callback(false);
    const resolved = conflicts.map((conflict) =>
      choice === 'local' ? conflict.resolveWithLocalRecord() : conflict.resolveWithRemoteRecord(),
    );
    dataset.resolve(resolved, (error) => callback(!error));
  }

  AWS.config.credentials.get((error) => {
    if (error) return tell(error.message);
    const manager = new AWS.CognitoSyncManager();
    manager.openOrCreateDataset('notes', (error, dataset) => {
      if (error) return tell(error.message);
      element('edit').onsubmit = (event) => {
        event.preventDefault();
        dataset.put(element('key').value, element('text').value, (error, record) => {
          show(dataset, error ? error.message : `saved ${record.getKey()}`);
        });
      };
      element('remove').onclick = () => {
        dataset.remove(element('key').value, (error) => show(dataset, error ? error.message : 'removed'));
      };
      element('synchronize').onclick = () => {
        dataset.synchronize({
          onSuccess: (dataset) => show(dataset, 'synchronized'),
          onFailure: () => show(dataset, 'failed'),
          onConflict: resolve,
          onDatasetDeleted: (_dataset, _name, callback) => callback(true),
          onDatasetsMerged: (_dataset, _names, callback) => callback(false),
        });
      };
      document.title = manager.getIdentityId();
      show(dataset, 'ready');
    });
  });
})();
