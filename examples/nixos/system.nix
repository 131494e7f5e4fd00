# A system laid out as NixOS does it, for a machine that is no NixOS, built from nothing but what is on this machine.
# With nixpkgs there is no such file: the program has
#   flake: ".#nixosConfigurations.web.config.system.build.toplevel"
#
# `kernel` is its version. `services` is a set of { command, page, unitSection, serviceSection }, of which only `command` has to be there.
{ release, services, kernel ? "6.1", busybox ? /bin/busybox }:
let
  build = attributes: script:
    derivation ({
      system = builtins.currentSystem;
      builder = "/bin/sh";
      PATH = "/usr/bin:/bin";
      args = [ "-e" script ];
    } // attributes);

  folder = name: page:
    build {
      name = "service-${name}";
      busybox = builtins.path { path = busybox; name = "busybox"; };
      inherit page;
    } ./build-service.sh;

  unit = name: { command, page ? "", unitSection ? "", serviceSection ? "" }:
    build {
      name = "unit-${name}.service";
      unit = "${name}.service";
      text = ''
        [Unit]
        Description=${name} of the example
        ${unitSection}

        [Service]
        WorkingDirectory=${folder name page}
        ExecStart=${folder name page}/bin/busybox ${command}
        ${serviceSection}

        [Install]
        WantedBy=multi-user.target
      '';
    } ./build-unit.sh;
in
build {
  name = "nixos-system-${release}";
  programs = ./programs;
  linux = build {
    name = "linux-${kernel}";
    inherit kernel;
  } ./build-linux.sh;
  units = builtins.attrValues (builtins.mapAttrs unit services);
  inherit release;
} ./build-system.sh
