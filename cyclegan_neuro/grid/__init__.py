"""Many runs: from a grid file to run directories, on this machine or a cluster."""
