import { describeCopyFaults } from "../copy/faults/describe";
import { faultsOfCollector } from "../copy/faults/of-collector";
import { faultsOfConnection } from "../copy/faults/of-connection";
import { faultsOfMachine } from "../copy/faults/of-machine";
import { faultsOfOtherMachine } from "../copy/faults/of-other-machine";
import { faultsOfOthers } from "../copy/faults/of-others";
import { faultsOfSource } from "../copy/faults/of-source";
import { noteCell, writeCopies, type Cells } from "../copy/faults/report";

const wanted = new RegExp(process.env["FAULTS"] ?? "");
const all = [
  ...faultsOfConnection,
  ...faultsOfMachine,
  ...faultsOfSource,
  ...faultsOfOtherMachine,
  ...faultsOfOthers,
  ...faultsOfCollector,
];

const tried = all.filter(({ name }) => wanted.test(`a copy ${name}`));
const cells: Cells = new Map();

// Its part that is always run: test/copy/faults.test.ts.
describeCopyFaults("a copy", tried, ["bookworm", "trixie"], (...trial) => noteCell(cells, ...trial));

if (tried.length > 0)
  after(() =>
    writeCopies(
      all.map(({ name }) => name),
      cells,
    ),
  );
