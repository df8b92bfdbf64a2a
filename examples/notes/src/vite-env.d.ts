interface ImportMetaEnv {
  readonly VITE_HOLDALL_ENDPOINT?: string;
  readonly VITE_IDENTITY_POOL_ID?: string;
  readonly VITE_SIGN_IN_URL?: string;
  readonly VITE_SIGN_IN_NAME?: string;
  readonly VITE_SIGN_IN_CLIENT_ID?: string;
}
