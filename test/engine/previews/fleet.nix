# Systems and programs of stand-in packages, whose names and versions are all that a report is about.
{ host, kernel ? "6.1.69", page ? "Hello", packages ? { }, service ? null, hasEntryPoint ? false }:
let
  package = name: derivation {
    name = "${name}-${packages.${name}}";
    system = builtins.currentSystem;
    builder = "/bin/sh";
    PATH = "/usr/bin:/bin";
    # Sizes that differ, so that there is something to see.
    args = [ "-ec" ''
      mkdir -p $out
      head -c ${toString (builtins.stringLength name * 40000)} /dev/zero >$out/content
    '' ];
  };
  all = toString (map package (builtins.attrNames packages));
  entryPoint = ''
    echo '#!/bin/sh' >$out/bin/pulumi-nix-activate
    chmod +x $out/bin/pulumi-nix-activate
  '';
in
if service == null then
  import ./system.nix {
    release = "${host}-${kernel}";
    busybox = ./busybox;
    inherit kernel;
    services.nginx = {
      command = "httpd -f -p 8083";
      inherit page;
      serviceSection = "Environment=\"PACKAGES=${all}\"";
    };
    services.clock.command = "sh -c 'while sleep 60; do date; done'";
  }
else
  derivation {
    name = service;
    system = builtins.currentSystem;
    builder = "/bin/sh";
    PATH = "/usr/bin:/bin";
    busybox = builtins.path { path = ./busybox; name = "busybox"; };
    inherit all;
    args = [ "-ec" ''
      mkdir -p $out/bin
      cp $busybox $out/bin/busybox
      echo "$all" >$out/packages
      ${if hasEntryPoint then entryPoint else ""}
    '' ];
  }
