import { SyncProvider } from '@holdall/client/react';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { client } from './client.ts';
import { watchDevtools } from './devtools.ts';
import { explain } from './explain.ts';
import { say, sayFailure } from './notices.ts';
import { forgetPassphraseOfOthers } from './private-notes.ts';
import { endSignIn } from './session.ts';
import './styles/base.css';
import './styles/layout.css';
import './styles/parts.css';

forgetPassphraseOfOthers(client);
watchDevtools(client);

createRoot(document.getElementById('app') as HTMLElement).render(
  <StrictMode>
    <SyncProvider client={client}>
      <App />
    </SyncProvider>
  </StrictMode>,
);

endSignIn().then(
  (name) => name && say(`Welcome, ${name}. What you wrote before is yours now, on every device.`),
  (error: unknown) => sayFailure(`You are not signed in. ${explain(error)}`),
);
