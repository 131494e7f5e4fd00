import { faultsOfChecks } from "./of-checks";
import { faultsOfConfirmation } from "./of-confirmation";
import { faultsOfCoordinator } from "./of-coordinator";
import { faultsOfNetwork } from "./of-network";
import { faultsOfPower } from "./of-power";
import { faultsOfScripts } from "./of-scripts";

/** By what goes wrong. */
export const sorts = [
  faultsOfScripts,
  faultsOfNetwork,
  faultsOfCoordinator,
  faultsOfPower,
  faultsOfConfirmation,
  faultsOfChecks,
];

export const faults = sorts.flat();
