/** A request as scenarios see it. */
export interface Asked {
  /** `ListRecords`, `UpdateRecords`, `DeleteDataset`, `Listen`; `Identity` for the identity service. */
  readonly operation: string;
  readonly url: URL;
  readonly body: string | undefined;
  readonly init: RequestInit;
}

export interface NetworkHooks {
  /** Before the request is sent. A `Response` is the answer, and nothing is sent. */
  before?(asked: Asked): unknown;
  /** What becomes of an answer's JSON on its way. */
  answer?(asked: Asked, json: Record<string, unknown>): Record<string, unknown>;
}

export interface Network {
  readonly fetch: typeof fetch;
  /** What was asked for, in order. */
  readonly asked: Asked[];
}

/** The real network, and what a scenario does to it. */
export function network(hooks: NetworkHooks = {}): Network {
  const asked: Asked[] = [];
  return {
    asked,
    async fetch(input, init = {}) {
      const url = new URL(String(input));
      const one: Asked = { operation: operationOf(url, init.method), url, body: textOf(init.body), init };
      asked.push(one);
      const instead = await hooks.before?.(one);
      if (instead instanceof Response) return instead;
      const response = await globalThis.fetch(url, init);
      if (!hooks.answer || !response.ok || one.operation === 'Listen') return response;
      const json = hooks.answer(one, (await response.json()) as Record<string, unknown>);
      const { status, headers } = response;
      return new Response(JSON.stringify(json), { status, headers });
    },
  };
}

/** How often something was asked for. */
export function times({ asked }: Network, operation: string): number {
  return asked.filter((one) => one.operation === operation).length;
}

/** Calls `work` at the first request of the operation, and never again. */
export function onceBefore(operation: string, work: () => Promise<unknown>): NetworkHooks {
  let isDone = false;
  return {
    async before(asked) {
      if (isDone || asked.operation !== operation) return;
      isDone = true;
      await work();
    },
  };
}

/** An error as the service answers it. */
export function refusal(status: number, type: string, message = type): Response {
  return new Response(JSON.stringify({ message }), {
    status,
    headers: { 'x-amzn-errortype': type, 'x-amzn-requestid': 'planned', 'content-type': 'application/json' },
  });
}

function operationOf({ pathname }: URL, method = 'GET'): string {
  if (pathname === '/') return 'Identity';
  if (pathname.endsWith('/changes')) return 'Listen';
  if (method === 'DELETE') return 'DeleteDataset';
  return method === 'GET' ? 'ListRecords' : 'UpdateRecords';
}

function textOf(body: RequestInit['body']): string | undefined {
  return typeof body === 'string' ? body : undefined;
}
