import type { Endpoint } from "../connection";

/** As messages name a machine: `web1`, `alice@web1:2222`. */
export function endpointName({ user, host, port }: Pick<Endpoint, "user" | "host" | "port">): string {
  return `${user === "root" ? "" : `${user}@`}${host}${port === 22 ? "" : `:${port}`}`;
}
