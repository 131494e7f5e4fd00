import { describeCopyFaults } from "../copy/faults/describe";
import { faultsOfCollector } from "../copy/faults/of-collector";
import { faultsOfConnection } from "../copy/faults/of-connection";
import { faultsOfMachine } from "../copy/faults/of-machine";
import { faultsOfOthers } from "../copy/faults/of-others";
import { faultsOfSource } from "../copy/faults/of-source";

const wanted = new RegExp(process.env["FAULTS"] ?? "");
const all = [
  ...faultsOfConnection,
  ...faultsOfMachine,
  ...faultsOfSource,
  ...faultsOfOthers,
  ...faultsOfCollector,
];

// Its part that is always run: test/copy/faults.test.ts.
describeCopyFaults(
  "a copy",
  all.filter(({ name }) => wanted.test(`a copy ${name}`)),
  ["bookworm", "trixie"],
);
