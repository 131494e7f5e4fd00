# One of many modules of the same make: a service that can be enabled, with a unit, a configuration file, users and ports.
{ number }:
{ config, modules, packages, ... }:
let
  inherit (modules) option types when mkDefault;
  name = "service-${toString number}";
  own = config.services.${name};
in
{
  options.services.${name} = {
    enable = option types.bool false;
    port = option types.int (1000 + number);
    package = option types.package packages."package-${toString (number * 2)}";
    settings = option (types.attrsOf types.str) { };
    after = option (types.listOf types.str) [ ];
  };
  config = {
    services.${name}.settings = {
      listen = mkDefault "0.0.0.0:${toString own.port}";
      peers = mkDefault (builtins.concatStringsSep "," (map
        (other: "${other.name}:${toString other.value.port}")
        (builtins.filter (other: other.value.enable) (modules.sorted config.services))));
    };
    units = when own.enable {
      ${name} = {
        text = modules.render {
          Unit.After = builtins.concatStringsSep " " ([ "network.target" ] ++ own.after);
          Service.ExecStart = "${own.package.drv}/bin/${name} --config /etc/${name}.conf";
          Service.Environment = "VERSION=${own.package.version}";
        };
        order = number;
        wantedBy = [ "multi-user.target" ];
      };
    };
    etc = when own.enable {
      "${name}.conf".text = builtins.concatStringsSep "\n"
        (map (entry: "${entry.name} = ${entry.value}") (modules.sorted own.settings));
    };
    users = when own.enable { ${name} = { uid = 400 + number; groups = [ name "services" ]; }; };
    firewall.ports = when own.enable [ own.port ];
    path = when own.enable [ own.package ];
  };
}
