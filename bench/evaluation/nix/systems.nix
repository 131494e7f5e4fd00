# Systems by name: `host-0.config.system.build.drv` and so on. A base and a package set that all share, and three hundred modules for each.
let
  run = import ./run.nix;
  packages = import ./packages.nix { inherit run; };
  modules = import ./modules.nix // {
    render = sections: builtins.concatStringsSep "\n" (map
      (section: "[${section.name}]\n" + builtins.concatStringsSep "\n"
        (map (entry: "${entry.name}=${entry.value}") (modules.sorted section.value)))
      (modules.sorted sections));
  };
  services = builtins.genList (number: import ./service.nix { inherit number; }) 300;
  host = number: { ... }: {
    config = {
      hostName = "host-${toString number}";
      services = builtins.listToAttrs (builtins.genList
        (step: {
          name = "service-${toString (modulo (number * 7 + step * 7) 300)}";
          value = { enable = true; port = 2000 + number + step; };
        })
        250);
    };
  };
  modulo = a: b: a - (a / b) * b;
  system = number: modules.evalModules ([ (import ./base.nix) (host number) ] ++ services) { inherit modules packages run; };
in
builtins.listToAttrs (builtins.genList (number: { name = "host-${toString number}"; value = system number; }) 50)
