import { nameOf, triesOf, unitLasts, type HealthCheck, type HttpCheck } from "./checks";

/** Seconds that a check may take beyond its deadline: to end what hangs, and to ask for a journal. */
const margin = 10;

/** What check.sh takes: of each check the number of its arguments, and those. */
export function checkArguments(checks: readonly HealthCheck[]): string[] {
  return checks.flatMap((check, number) => {
    const { interval, deadline, timeout, retries, successes } = triesOf(check);
    const [kind, ...own] = ownArguments(check, number);
    const times = [interval, deadline, timeout].map(hundredths);
    const args = [kind, nameOf(check), ...times, String(retries ?? ""), String(successes), ...own];
    return [String(args.length), ...args];
  });
}

/** For `checks/secrets`: headers, each behind the number of its check. */
export function checkSecrets(checks: readonly HealthCheck[]): string {
  const lines = checks.flatMap((check, number) =>
    "http" in check
      ? Object.entries(check.headers ?? {}).map(([name, value]) => `${number} ${name}: ${value}\n`)
      : [],
  );
  return lines.join("");
}

export function secondsOf(checks: readonly HealthCheck[]): number {
  return checks.reduce((sum, check) => sum + triesOf(check).deadline + margin, 0);
}

function ownArguments(check: HealthCheck, number: number): [string, ...string[]] {
  if ("command" in check) return ["command", ...check.command];
  if ("unit" in check)
    return ["unit", check.unit, check.scope ?? "system", hundredths(check.for ?? unitLasts)];
  if ("tcp" in check) return ["tcp", check.tcp.host ?? "localhost", String(check.tcp.port)];
  return ["http", ...httpArguments(check, number)];
}

function httpArguments({ http, status = [], body = "" }: HttpCheck, number: number): string[] {
  const { href, protocol, hostname, port, pathname, search, host } = new URL(http);
  const statuses = [status].flat().join(" ");
  const place = [hostname.replace(/^\[|\]$/g, ""), port || (protocol === "https:" ? "443" : "80")];
  return [
    String(number),
    statuses,
    body,
    href.replace(/#.*/, ""),
    protocol.slice(0, -1),
    ...place,
    pathname + search,
    host,
  ];
}

function hundredths(seconds: number): string {
  return String(Math.max(seconds === 0 ? 0 : 1, Math.round(seconds * 100)));
}
