/** Where the app finds what it needs: given by `npm run example`, or by the environment of `vite build`. */
export const service = {
  endpoint: needed('VITE_HOLDALL_ENDPOINT', import.meta.env.VITE_HOLDALL_ENDPOINT),
  identityPoolId: needed('VITE_IDENTITY_POOL_ID', import.meta.env.VITE_IDENTITY_POOL_ID),
  signIn: {
    url: needed('VITE_SIGN_IN_URL', import.meta.env.VITE_SIGN_IN_URL),
    /** What the identity pool calls the provider. */
    name: needed('VITE_SIGN_IN_NAME', import.meta.env.VITE_SIGN_IN_NAME),
    clientId: needed('VITE_SIGN_IN_CLIENT_ID', import.meta.env.VITE_SIGN_IN_CLIENT_ID),
  },
};

function needed(name: string, value: string | undefined): string {
  if (value) return value;
  throw new Error(`${name} is not set. Start the app with 'npm run example', which sets it.`);
}
