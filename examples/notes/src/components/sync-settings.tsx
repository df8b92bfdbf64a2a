import { useEffect, useState } from 'react';
import { client } from '../client.ts';
import { addressOf, deviceName } from '../device.ts';
import { explain } from '../explain.ts';
import { say, sayFailure } from '../notices.ts';
import { useOverview } from '../use-overview.ts';
import { FlightModeSwitch } from './flight-mode-switch.tsx';

export function SyncSettings() {
  const { text, pending, syncedAt, error } = useOverview();
  const now = useNow();
  return (
    <section className="panel" aria-labelledby="synchronising">
      <h2 id="synchronising">Synchronising</h2>
      <dl className="facts">
        <dt>State</dt>
        <dd>{text}</dd>
        <dt>Last time</dt>
        <dd>{syncedAt === undefined ? 'Not yet' : ago(now - syncedAt)}</dd>
        <dt>To send</dt>
        <dd>{pending}</dd>
      </dl>
      {error && <p className="fault">{explain(error)}</p>}
      <FlightModeSwitch />
      <p className="actions">
        <button type="button" onClick={() => void syncNow()}>
          Synchronise now
        </button>
        <button type="button" onClick={() => window.open(addressOf(deviceName))}>
          Open a second window
        </button>
        <button type="button" onClick={() => window.open(addressOf(deviceName === '' ? 'second' : ''))}>
          Open as another device
        </button>
      </p>
      <p className="hint">
        Windows of this device share everything. Another device has storage of its own: sign in on both with
        the same name, and they share your notes.
      </p>
    </section>
  );
}

async function syncNow(): Promise<void> {
  try {
    await client.syncAll();
    say('Everything is synchronised.');
  } catch (error) {
    sayFailure(explain(error));
  }
}

function ago(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 10) return 'Just now';
  const format = new Intl.RelativeTimeFormat([], { numeric: 'auto' });
  if (seconds < 60) return format.format(-seconds, 'second');
  if (seconds < 3600) return format.format(-Math.round(seconds / 60), 'minute');
  return format.format(-Math.round(seconds / 3600), 'hour');
}

/** Epoch milliseconds, every ten seconds. */
function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 10_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
