import type { DeliveryError } from '../ports/delivery-error.ts';
import type { StreamMessage } from '../ports/stream-target.ts';

export interface RoundLimits {
  readonly mostMessages: number;
  readonly mostBytes: number;
}

interface Placed {
  readonly message: StreamMessage;
  readonly place: number;
}

/**
 * For receivers that take many messages at once but may take some and not others: no round has two messages of one
 * key, and no round begins before the last is confirmed, so that a message which has to be sent again cannot fall
 * behind its successor.
 *
 * @param deliverRound answers, message by message, with why it failed or undefined
 */
export async function deliverInRounds(
  messages: readonly StreamMessage[],
  limits: RoundLimits,
  confirm: (delivered: number) => void,
  deliverRound: (round: readonly StreamMessage[]) => Promise<readonly (DeliveryError | undefined)[]>,
): Promise<void> {
  const arrived = new Set<number>();
  let first = 0;
  // What comes after a refused message waits: its sender hears of the refusal when all before it has arrived.
  let refused: { readonly place: number; readonly error: DeliveryError } | undefined;
  for (const planned of rounds(messages, limits)) {
    const round = planned.filter(({ place }) => refused === undefined || place < refused.place);
    if (round.length === 0) continue;
    const answers = await deliverRound(round.map(({ message }) => message));
    let failed: DeliveryError | undefined;
    for (const [index, { place }] of round.entries()) {
      const error = answers[index];
      if (error === undefined) arrived.add(place);
      else if (error.failure !== 'refused') failed ??= error;
      else if (refused === undefined || place < refused.place) refused = { place, error };
    }
    while (arrived.has(first)) first += 1;
    confirm(first);
    if (failed) throw failed;
  }
  if (refused) throw refused.error;
}

function rounds(messages: readonly StreamMessage[], limits: RoundLimits): readonly (readonly Placed[])[] {
  const seen = new Map<string, number>();
  const byTurn: Placed[][] = [];
  for (const [place, message] of messages.entries()) {
    const turn = seen.get(message.partitionKey) ?? 0;
    seen.set(message.partitionKey, turn + 1);
    const round = byTurn[turn] ?? [];
    byTurn[turn] = round;
    round.push({ message, place });
  }
  return byTurn.flatMap((round) => chunks(round, ({ message }) => message.data.length, limits));
}

/** Splits in order, so that each part keeps within the limits; one that is too large alone is a part of its own. */
export function chunks<Item>(
  items: readonly Item[],
  bytesOf: (item: Item) => number,
  { mostMessages, mostBytes }: RoundLimits,
): readonly (readonly Item[])[] {
  const parts: Item[][] = [];
  let part: Item[] = [];
  let bytes = 0;
  for (const item of items) {
    const more = bytesOf(item);
    if (part.length === mostMessages || (part.length > 0 && bytes + more > mostBytes)) {
      parts.push(part);
      part = [];
      bytes = 0;
    }
    part.push(item);
    bytes += more;
  }
  return part.length > 0 ? [...parts, part] : parts;
}
