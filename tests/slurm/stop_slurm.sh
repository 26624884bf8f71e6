#!/bin/sh
# End the jobs of the Slurm that start_slurm.sh started in this folder, then Slurm.
export SLURM_CONF="$1/slurm.conf"
if [ -f "$1/slurmctld.pid" ]; then
    squeue --noheader --format=%i | xargs -r scancel --full --signal=KILL
    squeue --noheader --format=%i | xargs -r scancel
    tries=0
    while [ -n "$(squeue --noheader)" ] && [ $tries -lt 40 ]; do
        tries=$((tries + 1))
        sleep 0.5
    done
fi
for name in slurmd slurmctld munged; do
    [ -f "$1/$name.pid" ] && kill "$(cat "$1/$name.pid")"
done
exit 0
