import { secret } from "./hidden";
import { unknownValue } from "../../provider/wire";
import { notKnown, type Properties } from "./run";

/** Which machine a resource is on, or which cache it fills; resources with the same key are at the same place. */
export interface Place {
  readonly key: string;
  /** `10.0.0.1`, `web1:2222`, `cache s3://releases`; empty when only the resource's name can tell. */
  readonly address: string;
}

/** @param name the resource's, for a cache whose URL is not known or not for showing */
export function cacheAt({ values: { url } }: Properties, name: string): Place {
  if (typeof url !== "string" || url === secret || url === unknownValue)
    return { key: `cache of ${name}`, address: "" };
  // What stands behind the name says how it is asked.
  return { key: `cache ${url}`, address: `cache ${url.replace(/[?#].*$/s, "")}` };
}

/** @param name the resource's, for a machine whose address is not known or not for showing */
export function placeOf({ connection }: Properties, name: string): Place {
  if (connection === notKnown || connection === undefined) return { key: `of ${name}`, address: "" };
  if (connection.local === true) return { key: "local", address: "this machine" };
  const { host, port } = connection;
  if (host === undefined || host === secret || host === unknownValue)
    return { key: `of ${name}`, address: "" };
  const address =
    port === undefined || port === 22 ? host : `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return { key: address, address };
}

/** `web1 (10.0.0.1)`. */
export function placeLabel(address: string, name: string): string {
  return name === "" || name === address || address === "" ? address || name : `${name} (${address})`;
}

/** What people call a machine is in the names of its resources, as far as these begin alike; empty when they do not. */
export function commonName([first = "", ...others]: readonly string[]): string {
  const words = first.split(/(?<=[-._:/@ ])/);
  for (let count = words.length; count > 0; count--) {
    const start = words.slice(0, count).join("").replace(separators, "");
    if (others.every((name) => name === start || isContinued(name, start))) return start;
  }
  return "";
}

const separators = /[-._:/@ ]+$/;

function isContinued(name: string, start: string): boolean {
  return name.startsWith(start) && /[-._:/@ ]/.test(name.charAt(start.length));
}
