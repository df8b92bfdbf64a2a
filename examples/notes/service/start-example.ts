import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunningServer, readConfig, startServer } from '@holdall/server';
import { createServer as createVite } from 'vite';
import { existingOrNewPool } from './identity-pool.ts';
import { clientId, SignInProvider } from './sign-in-provider.ts';

export interface ExampleSettings {
  /** Where everything is kept between two starts; made if missing. */
  readonly data: string;
  /** Ports that are given are taken, or it fails; others are looked for, from the usual one on. 0 takes any that is free. */
  readonly appPort?: number | undefined;
  readonly signInPort?: number | undefined;
  readonly servicePort?: number | undefined;
  /** Whether pages follow edits of the source, as they should for whoever develops. Default: true. */
  readonly watches?: boolean;
}

export interface RunningExample {
  /** What to open in a browser. */
  readonly url: string;
  readonly serviceUrl: string;
  close(): Promise<void>;
}

const root = fileURLToPath(new URL('..', import.meta.url));

/** The name of the sign-in provider in the pool; where it is reached is the service's business. */
const providerName = 'sign-in.example';

/** Starts Holdall, a sign-in provider and Vite in this program, on the loopback only. What it opens it closes in turn. */
export async function startExample(settings: ExampleSettings): Promise<RunningExample> {
  const data = resolve(settings.data);
  await using opened = new AsyncDisposableStack();

  const signIn = opened.use(await SignInProvider.listen(join(data, 'sign-in'), settings.signInPort));
  const service = opened.use(await startService(join(data, 'holdall'), signIn.url, settings.servicePort));
  const identityPoolId = await existingOrNewPool(service.data, providerName);
  const vite = await createVite({
    root,
    cacheDir: join(data, 'vite'),
    logLevel: 'warn',
    server: {
      host: '127.0.0.1',
      port: settings.appPort ?? 5173,
      ...(settings.watches === false && { watch: null, hmr: false }),
      strictPort: settings.appPort !== undefined && settings.appPort !== 0,
    },
    // What `vite build` takes from the environment.
    define: Object.fromEntries(
      Object.entries({
        VITE_HOLDALL_ENDPOINT: service.url,
        VITE_IDENTITY_POOL_ID: identityPoolId,
        VITE_SIGN_IN_URL: signIn.url,
        VITE_SIGN_IN_NAME: providerName,
        VITE_SIGN_IN_CLIENT_ID: clientId,
      }).map(([name, value]) => [`import.meta.env.${name}`, JSON.stringify(value)]),
    ),
  });
  opened.defer(() => vite.close());
  await vite.listen();
  const url = vite.resolvedUrls?.local[0];
  if (!url) throw new Error('Vite does not say where it listens.');
  signIn.admit(url);

  const owned = opened.move();
  return { url, serviceUrl: service.url, close: () => owned.disposeAsync() };
}

async function startService(data: string, issuer: string, port: number | undefined): Promise<RunningServer> {
  const start = (port: number) => startServer(readConfig({ data, port: `${port}`, logLevel: 'error' }, {}));
  mkdirSync(data, { recursive: true, mode: 0o700 });
  const providers = { openIdConnect: { [providerName]: { clientIds: [clientId], issuer } } };
  writeFileSync(join(data, 'login-providers.json'), JSON.stringify(providers), { mode: 0o600 });
  if (port !== undefined) return start(port);
  return start(8788).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE') throw error;
    return start(0);
  });
}
