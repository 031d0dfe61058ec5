/** A number of places that are taken one by one; who waits for one gets it before who comes later. */
export class Places {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Takes a place if one is free; answers whether it did. */
  tryTake(): boolean {
    if (this.#free === 0) return false;
    this.#free -= 1;
    return true;
  }

  give(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }

  /** Gives a taken place to others for as long as `rest` takes, and resolves when there is one again. */
  async without<Result>(rest: () => Promise<Result>): Promise<Result> {
    this.give();
    try {
      return await rest();
    } finally {
      if (!this.tryTake()) await new Promise<void>((taken) => this.#waiting.push(taken));
    }
  }
}
