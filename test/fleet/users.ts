/** Users with a key: root, deploy (sudo without password), operator (sudo with password), alice (no way to root, lingers), dora (doas). bob has only a password and may not use Nix. */
export type User = "root" | "deploy" | "operator" | "alice" | "dora" | "bob";

/** The users that have a password. */
export const passwords = { operator: "hunter2-operator", bob: "hunter2-bob" };

export interface Connection {
  host: string;
  port: number;
  user: string;
  privateKey?: string;
  password?: string;
  hostKey: string;
}
