import { useSyncState } from '@holdall/client/react';
import { addressFor, type Screen } from '../routes.ts';
import { useOverview } from '../use-overview.ts';
import { FlightModeSwitch } from './flight-mode-switch.tsx';
import { Icon, type IconName } from './icon.tsx';

const places: readonly { screen: Screen; name: string; icon: IconName }[] = [
  { screen: 'notes', name: 'Notes', icon: 'note' },
  { screen: 'private', name: 'Private', icon: 'lock' },
  { screen: 'settings', name: 'Settings', icon: 'gear' },
];

/** On a phone it is the bar at the bottom, and the line at the top. */
export function Sidebar({ screen }: { readonly screen: Screen }) {
  const { conflicts, kind, text } = useOverview();
  const { identity } = useSyncState();
  return (
    <header className="sidebar">
      <p className="brand">
        <span className="logo">
          <Icon name="note" />
        </span>
        Notes
      </p>
      <nav aria-label="Screens">
        {places.map(({ screen: place, name, icon }) => (
          <a key={place} href={addressFor(place)} aria-current={place === screen ? 'page' : undefined}>
            <Icon name={icon} />
            {name}
          </a>
        ))}
      </nav>
      {conflicts > 0 && (
        <a
          className="changed-twice"
          href={addressFor('conflicts')}
          aria-current={screen === 'conflicts' ? 'page' : undefined}
        >
          <Icon name="split" />
          {conflicts} changed twice
        </a>
      )}
      <div className="status">
        <a href={addressFor('settings')} className="sync" data-kind={kind}>
          <span className="dot" aria-hidden="true" />
          {text}
        </a>
        <FlightModeSwitch />
        <p className="who">{identity?.user ?? 'Guest'}</p>
      </div>
    </header>
  );
}
