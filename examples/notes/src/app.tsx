import { useRecord } from '@holdall/client/react';
import { useEffect } from 'react';
import { isStorageLost, settings } from './client.ts';
import { ConflictsScreen } from './components/conflicts-screen.tsx';
import { NotesScreen } from './components/notes-screen.tsx';
import { NoticeBar } from './components/notice-bar.tsx';
import { PrivateScreen } from './components/private-screen.tsx';
import { SettingsScreen } from './components/settings-screen.tsx';
import { Sidebar } from './components/sidebar.tsx';
import { dismissNotice } from './notices.ts';
import { useRoute } from './routes.ts';

const titles = { notes: 'Notes', private: 'Private notes', conflicts: 'Changed twice', settings: 'Settings' };

export function App() {
  const { screen, id } = useRoute();
  useAppearance();
  useEffect(() => {
    document.title = `${titles[screen]} · Holdall example`;
    return dismissNotice;
  }, [screen]);
  return (
    <div className="app">
      <button type="button" className="skip" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the notes
      </button>
      <Sidebar screen={screen} />
      <main id="main" tabIndex={-1}>
        {isStorageLost && (
          <p className="banner" role="alert">
            This browser keeps nothing for this page, as in some private windows. You can write, and what is
            sent to the service is safe; the rest goes with the window.
          </p>
        )}
        {screen === 'notes' && <NotesScreen id={id} />}
        {screen === 'private' && <PrivateScreen id={id} />}
        {screen === 'conflicts' && <ConflictsScreen />}
        {screen === 'settings' && <SettingsScreen />}
      </main>
      <NoticeBar />
    </div>
  );
}

/** Theme and text size are settings like any other: they follow the person to every device. */
function useAppearance() {
  const [theme = 'system'] = useRecord(settings, 'theme');
  const [textSize = 'normal'] = useRecord(settings, 'textSize');
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    document.documentElement.dataset.textSize = textSize;
  }, [theme, textSize]);
}
