"pulumi-nix-bench-0-try"
