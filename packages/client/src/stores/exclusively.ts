const queues = new WeakMap<object, Promise<unknown>>();

/** Runs `work` when all work that was given before for the same `resource` has ended. */
export function exclusively<Result>(resource: object, work: () => Promise<Result>): Promise<Result> {
  const turn = (queues.get(resource) ?? Promise.resolve()).then(work);
  queues.set(
    resource,
    turn.catch(() => {}),
  );
  return turn;
}
