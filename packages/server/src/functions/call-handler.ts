export interface Invocation {
  readonly functionArn: string;
  readonly requestId: string;
  readonly memoryMb: number;
  readonly remainingMs: () => number;
}

type Callback = (error: unknown, result?: unknown) => void;
export type Handler = (event: unknown, context: object, callback: Callback) => unknown;

/**
 * Calls a function in whatever form it was written for AWS Lambda: `async`, with a callback, or with `context.done`,
 * `succeed` and `fail` of the first years. Whichever answers first counts. One that takes neither context nor callback
 * answers with what it returns.
 */
export function callHandler(handler: Handler, event: unknown, invocation: Invocation): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const callback: Callback = (error, result) => {
      if (error === null || error === undefined) resolve(result);
      else reject(error);
    };
    const context = {
      callbackWaitsForEmptyEventLoop: true,
      functionName: invocation.functionArn.split(':').at(6) ?? invocation.functionArn,
      functionVersion: '$LATEST',
      invokedFunctionArn: invocation.functionArn,
      memoryLimitInMB: String(invocation.memoryMb),
      awsRequestId: invocation.requestId,
      getRemainingTimeInMillis: invocation.remainingMs,
      done: callback,
      succeed: (result: unknown) => callback(null, result),
      fail: (error: unknown) => reject(error ?? new Error('The function called context.fail.')),
    };
    const returned = handler(event, context, callback);
    if (isPromise(returned)) returned.then((result) => resolve(result), reject);
    else if (handler.length < 2) resolve(returned);
  });
}

function isPromise(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

/**
 * The function that a module is about: its export `handler`, or what it exports by default.
 *
 * @throws Error when there is none
 */
export function handlerOf(exported: Readonly<Record<string, unknown>>): Handler {
  const byDefault = exported.default as { handler?: unknown } | undefined;
  const found = [exported.handler, byDefault?.handler, byDefault].find((each) => typeof each === 'function');
  if (!found) throw new Error('The module does not export a function named handler.');
  return found as Handler;
}
