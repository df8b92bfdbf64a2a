import { Counter, Gauge, type Registry } from 'prom-client';
import type { DeliveryObserver } from './ports/deliveries.ts';
import type { Backlog } from './ports/outbox.ts';

/** The figures of what is sent. */
export class DeliveryMetrics implements DeliveryObserver {
  readonly #registers: Registry[];
  readonly #delivered: Counter<'kind'>;
  readonly #failed: Counter<'kind' | 'failure'>;
  readonly #died: Counter<'kind'>;
  readonly #dropped: Counter<'kind' | 'reason'>;
  readonly #stopped: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.#registers = registers;
    this.#delivered = new Counter({
      name: 'holdall_deliveries_total',
      help: 'Deliveries that their receivers confirmed.',
      labelNames: ['kind'],
      registers,
    });
    this.#failed = new Counter({
      name: 'holdall_delivery_failures_total',
      help: 'Tries that failed, by what the receiver said: unavailable, refused, gone.',
      labelNames: ['kind', 'failure'],
      registers,
    });
    this.#died = new Counter({
      name: 'holdall_dead_letters_total',
      help: 'Deliveries given up and kept as dead letters.',
      labelNames: ['kind'],
      registers,
    });
    this.#dropped = new Counter({
      name: 'holdall_deliveries_dropped_total',
      help: 'Deliveries with nobody to send them to: no such target on this server, or no such device any more.',
      labelNames: ['kind', 'reason'],
      registers,
    });
    this.#stopped = new Counter({
      name: 'holdall_streams_stopped_total',
      help: 'Times that streaming of a pool was disabled, as its stream took nothing any more.',
      registers,
    });
  }

  delivered(kind: Backlog['kind'], deliveries: number): void {
    this.#delivered.inc({ kind }, deliveries);
  }

  failed(kind: Backlog['kind'], failure: Parameters<DeliveryObserver['failed']>[1]): void {
    this.#failed.inc({ kind, failure });
  }

  died(kind: Backlog['kind'], deliveries: number): void {
    this.#died.inc({ kind }, deliveries);
  }

  dropped(kind: Backlog['kind'], reason: Parameters<DeliveryObserver['dropped']>[1]): void {
    this.#dropped.inc({ kind, reason });
  }

  streamStopped(): void {
    this.#stopped.inc();
  }

  /** Shows what is queued, read when somebody looks. */
  showBacklog(read: () => Promise<readonly Backlog[]>, now: () => number): void {
    const registers = this.#registers;
    const labelNames = ['kind'] as const;
    const show = (name: string, help: string, figure: (entry: Backlog) => number, join: Join) => {
      new Gauge({
        name,
        help,
        labelNames,
        registers,
        async collect() {
          const backlog = await read();
          for (const kind of ['stream', 'push'] as const) {
            const figures = backlog.filter((entry) => entry.kind === kind).map(figure);
            this.set(
              { kind },
              figures.reduce((total, figure) => join(total, figure), 0),
            );
          }
        },
      });
    };
    const sum: Join = (total, figure) => total + figure;
    show('holdall_deliveries_queued', 'Deliveries still to be sent.', ({ queued }) => queued, sum);
    show(
      'holdall_dead_letters',
      'Deliveries given up and not retried or dropped yet.',
      ({ dead }) => dead,
      sum,
    );
    show(
      'holdall_delivery_lag_seconds',
      'Age of the oldest delivery still to be sent.',
      ({ oldestAt }) => (oldestAt === undefined ? 0 : (now() - oldestAt) / 1000),
      Math.max,
    );
  }
}

type Join = (total: number, figure: number) => number;
