#!/bin/sh
# Start a Slurm of one node, this machine, below a new folder; needs root and Debian's slurmctld slurmd slurm-client munge.
#   start_slurm.sh FOLDER && export SLURM_CONF=FOLDER/slurm.conf; ...; stop_slurm.sh FOLDER
set -eu
mkdir -p "$1/state" "$1/spool"
folder=$(cd "$1" && pwd)
host=$(hostname -s)

dd if=/dev/urandom of="$folder/munge.key" bs=1024 count=1 2>/dev/null
chmod 400 "$folder/munge.key"
munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munged.pid" \
    --log-file="$folder/munged.log" --seed-file="$folder/munge.seed"

cat > "$folder/slurm.conf" <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=${SLURM_TEST_PORT:-26817}
SlurmdPort=$((${SLURM_TEST_PORT:-26817} + 1))
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
AccountingStorageType=accounting_storage/none
JobRequeue=1
SchedulerParameters=sched_interval=2
ReturnToService=2
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$(awk '/MemTotal/ {print int($2 / 1024)}' /proc/meminfo) State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END

export SLURM_CONF="$folder/slurm.conf"
slurmctld
slurmd
tries=0
until sinfo --noheader --states=idle 2>/dev/null | grep -q main; do
    tries=$((tries + 1))
    [ $tries -lt 60 ] || { echo "the node does not become idle: $folder/*.log" >&2; exit 1; }
    sleep 0.5
done
