# Systems by name: `host-0.config.system.build.drv` and so on. A base and a package set that all share, and as many modules for
# each as size.nix says (systems.ts).
let
  run = import ./run.nix;
  size = import ./size.nix;
  packages = import ./packages.nix { inherit run; count = size.packages; };
  modules = import ./modules.nix // {
    render = sections: builtins.concatStringsSep "\n" (map
      (section: "[${section.name}]\n" + builtins.concatStringsSep "\n"
        (map (entry: "${entry.name}=${entry.value}") (modules.sorted section.value)))
      (modules.sorted sections));
  };
  services = builtins.genList (number: import ./service.nix { inherit number; }) size.modules;
  host = number: { ... }: {
    config = {
      hostName = "host-${toString number}";
      services = builtins.listToAttrs (builtins.genList
        (step: {
          name = "service-${toString (modulo (number * 7 + step * 7) size.modules)}";
          value = { enable = true; port = 2000 + number + step; };
        })
        (size.modules * 5 / 6));
    };
  };
  modulo = a: b: a - (a / b) * b;
  system = number: modules.evalModules ([ (import ./base.nix) (host number) ] ++ services) { inherit modules packages run; };
in
builtins.listToAttrs (builtins.genList (number: { name = "host-${toString number}"; value = system number; }) 50)
