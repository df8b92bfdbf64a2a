import { useSyncExternalStore } from 'react';
import { dismissNotice, notice } from '../notices.ts';
import { useOverview } from '../use-overview.ts';

/** What the app has to say. Screen readers hear of it, too, as the regions are there before the words. */
export function NoticeBar() {
  const current = useSyncExternalStore(notice.subscribe, notice.get);
  const { kind, conflicts } = useOverview();
  const isQuiet = kind === 'saving' || kind === 'saved' || kind === 'live';
  return (
    <>
      <p className="hidden-visually" role="status">
        {isQuiet
          ? 'Changes are synchronised.'
          : kind === 'offline'
            ? 'You are offline.'
            : 'Changes are not synchronised.'}
        {conflicts > 0 && ` ${conflicts} changed on two devices.`}
      </p>
      <div className="notice" hidden={!current} data-failure={current?.isFailure}>
        <p role="status">{current && !current.isFailure ? current.text : ''}</p>
        <p role="alert">{current?.isFailure ? current.text : ''}</p>
        {current?.action && (
          <button
            type="button"
            className="quiet"
            onClick={() => {
              current.action?.run();
              dismissNotice();
            }}
          >
            {current.action.name}
          </button>
        )}
        <button type="button" className="quiet" aria-label="Dismiss" onClick={dismissNotice}>
          ✕
        </button>
      </div>
    </>
  );
}
