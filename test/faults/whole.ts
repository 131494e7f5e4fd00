import { allCases } from "./cases";
import { describeMatrix } from "./matrix";

const only = process.env["FAULTS"];
const cases = allCases.filter(({ fault, kind, deployment }) =>
  `${kind}, ${deployment}: ${fault.name}`.match(only ?? ""),
);
describeMatrix("a deployment that goes wrong", cases, { bookworm: 1, trixie: 1 }, () => undefined);
