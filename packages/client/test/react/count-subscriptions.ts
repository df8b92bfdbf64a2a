import type { Dataset } from '@holdall/client';

interface Subscribable {
  subscribe(listener: never): () => void;
}

/** From now on counts how many listeners the parts of a dataset have, and had at most. */
export function countSubscriptions<V>(dataset: Dataset<V>): { present: number; most: number } {
  const count = { present: 0, most: 0 };
  for (const part of [dataset.values, dataset.state, dataset.replica] as unknown as Subscribable[]) {
    const subscribe = part.subscribe.bind(part);
    part.subscribe = (listener) => {
      const unsubscribe = subscribe(listener);
      count.present += 1;
      count.most = Math.max(count.most, count.present);
      return () => {
        count.present -= 1;
        unsubscribe();
      };
    };
  }
  return count;
}
