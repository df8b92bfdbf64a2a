import { useRecord } from '@holdall/client/react';
import { useSyncExternalStore } from 'react';
import { type Settings, settings } from '../client.ts';
import { devtoolsShown } from '../devtools.ts';
import { explain } from '../explain.ts';
import { sayFailure } from '../notices.ts';
import { AccountSettings } from './account-settings.tsx';
import { Switch } from './switch.tsx';
import { SyncSettings } from './sync-settings.tsx';
import { TagSettings } from './tag-settings.tsx';

const themes = { system: 'As the device', light: 'Light', dark: 'Dark' };

export function SettingsScreen() {
  const [theme = 'system', setTheme] = useRecord(settings, 'theme');
  const [textSize = 'normal', setTextSize] = useRecord(settings, 'textSize');
  const [notesWritten = 0] = useRecord(settings, 'notesWritten');
  const isShown = useSyncExternalStore(devtoolsShown.subscribe, devtoolsShown.get);
  return (
    <div className="sheet">
      <h1>Settings</h1>
      <AccountSettings />
      <SyncSettings />
      <section className="panel" aria-labelledby="appearance">
        <h2 id="appearance">Appearance</h2>
        <fieldset className="choices">
          <legend>Theme</legend>
          {(Object.keys(themes) as Settings['theme'][]).map((name) => (
            <label key={name} className="chip">
              <input
                type="radio"
                name="theme"
                checked={theme === name}
                onChange={() => void setTheme(name).catch((error) => sayFailure(explain(error)))}
              />
              {themes[name]}
            </label>
          ))}
        </fieldset>
        <Switch
          name="Larger text"
          isOn={textSize === 'large'}
          change={(isOn) =>
            void setTextSize(isOn ? 'large' : 'normal').catch((error) => sayFailure(explain(error)))
          }
        />
      </section>
      <TagSettings />
      <section className="panel" aria-labelledby="behind">
        <h2 id="behind">Behind the scenes</h2>
        <p>
          {notesWritten} {notesWritten === 1 ? 'note' : 'notes'} written so far, counted on all your devices.
        </p>
        <Switch name="Developer panel" isOn={isShown} change={devtoolsShown.set} />
      </section>
    </div>
  );
}
