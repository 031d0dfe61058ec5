/**
 * Gathers calls and hands them to `run` together, so that one transaction (one fsync) serves all of them. It waits only
 * while each turn of the event loop brings further calls: a lone call goes at once, and under load the batch grows to
 * what is in flight. `run` answers in the order of its inputs; its failure fails every caller. While one batch runs the
 * next one gathers.
 */
export function groupCalls<Input, Output>(
  run: (inputs: Input[]) => Promise<Output[]>,
  { limit = 500 }: { limit?: number } = {},
): (input: Input) => Promise<Output> {
  type Waiting = { input: Input; resolve: (output: Output) => void; reject: (error: unknown) => void };
  let waiting: Waiting[] = [];
  let busy = false;

  const gatherWhileGrowing = async (): Promise<void> => {
    for (let before = 0; waiting.length > before && waiting.length < limit; ) {
      before = waiting.length;
      await new Promise(setImmediate);
    }
  };

  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      await gatherWhileGrowing();
      const batch = waiting.slice(0, limit);
      waiting = waiting.slice(limit);
      try {
        const outputs = await run(batch.map((call) => call.input));
        if (outputs.length !== batch.length)
          throw new Error('a grouped call answered for fewer inputs than it got');
        for (const [index, call] of batch.entries()) call.resolve(outputs[index] as Output);
      } catch (error) {
        for (const call of batch) call.reject(error);
      }
    }
    busy = false;
  };

  return (input) => {
    const { promise, resolve, reject } = Promise.withResolvers<Output>();
    waiting.push({ input, resolve, reject });
    if (!busy) {
      busy = true;
      void flush();
    }
    return promise;
  };
}
