import { describeCopyFaults } from "./faults/describe";
import { faultsOfConnection } from "./faults/of-connection";
import { faultsOfMachine } from "./faults/of-machine";
import { faultsOfOtherMachine } from "./faults/of-other-machine";
import { faultsOfSource } from "./faults/of-source";

const some =
  /cut at \d+ bytes .* 7 of 10|one channel only|process is killed|files of a path|end, half|a byte more|from a machine/;

// All of them: npm run test:faults -- 'a copy'.
describeCopyFaults(
  "a copy (a part of the faults)",
  [...faultsOfConnection, ...faultsOfMachine, ...faultsOfSource, ...faultsOfOtherMachine].filter(({ name }) =>
    some.test(name),
  ),
  ["trixie"],
);
