# What every system has, and how its configuration becomes one derivation.
{ config, modules, packages, run, ... }:
let
  inherit (modules) option types;
  file = name: text: derivation {
    name = "${run}-${name}";
    system = "x86_64-linux";
    builder = "/bin/sh";
    args = [ "-c" "echo \"$text\" > $out" ];
    inherit text;
  };
  # Twenty derivations for all units, so that fifty systems do not fill the store.
  units = map
    (rest: file "units-${toString rest}" (texts (builtins.filter (unit: modulo unit.value.order 20 == rest) (modules.sorted config.units))))
    (builtins.genList (rest: rest) 20);
  etc = file "etc" (texts (modules.sorted config.etc));
  texts = entries: builtins.concatStringsSep "\n" (map (entry: "# ${entry.name}\n${entry.value.text}") entries);
  modulo = a: b: a - (a / b) * b;
  users = map (user: "${user.name}:${toString user.value.uid}:${builtins.concatStringsSep "," user.value.groups}")
    (modules.sorted config.users);
in
{
  options = {
    hostName = option types.str "unnamed";
    units = option (types.attrsOf (types.submodule {
      text = option types.lines "";
      order = option types.int 0;
      wantedBy = option (types.listOf types.str) [ ];
    })) { };
    etc = option (types.attrsOf (types.submodule { text = option types.lines ""; })) { };
    users = option (types.attrsOf (types.submodule {
      uid = option types.int 1000;
      groups = option (types.listOf types.str) [ ];
    })) { };
    firewall.ports = option (types.listOf types.int) [ ];
    path = option (types.listOf types.package) [ ];
    system.assertions = option (types.listOf types.bool) [ ];
    system.build = option types.package { drv = null; };
  };
  config = {
    etc.hostname.text = config.hostName;
    etc.passwd.text = builtins.concatStringsSep "\n" users;
    etc.firewall.text = builtins.concatStringsSep "\n" (map toString (builtins.sort builtins.lessThan config.firewall.ports));
    etc.closure.text = builtins.concatStringsSep "\n" (builtins.concatMap (package: package.closure) config.path);
    system.assertions = map (unit: unit.value.wantedBy != [ ]) (modules.sorted config.units);
    system.build = modules.force {
      drv = if !(builtins.all (holds: holds) config.system.assertions) then throw "an assertion fails" else derivation {
        name = "${run}-system-${config.hostName}";
        system = "x86_64-linux";
        builder = "/bin/sh";
        args = [ "-c" "echo $etc $units > $out" ];
        inherit etc units;
        path = map (package: package.drv) config.path;
      };
    };
  };
}
