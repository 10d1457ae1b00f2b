function sealed(_: unknown) {}  //=

@sealed //= ? true, ? false
export class Account extends (Math.random() ? Object : Array) {
  static count = 0; //=
  balance = 1; //=
  #secret = (x: number) => x; //=
  typed!: string;
  declare later: number;

  static {
    Account.count = 1; //=
  }

  constructor(private readonly name: string, limit = 1) {
    super(); //= default, pass by
    this.balance = limit; //=
  }

  deposit(amount: number): void {
    this.balance += amount; //=
  }

  get secret() { return this.#secret; } //=
}

export abstract class Shape { //=
  abstract area(): number;
}

const Local = class { //=
  x = 1; //=
};
export { Local };
