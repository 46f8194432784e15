#!/bin/bash
# One network taught by all GPUs of several machines:  sbatch deploy/slurm.sh
#SBATCH --job-name=enhance
#SBATCH --nodes=2
#SBATCH --gpus-per-node=8
#SBATCH --ntasks-per-node=1
#SBATCH --cpus-per-task=64
#SBATCH --time=24:00:00
#SBATCH --signal=TERM@120
#SBATCH --requeue
set -euo pipefail

RUN=${RUN:-runs/face_x4_gan}
DATA=${DATA:-faces}
HEAD=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)

# A job that was taken off its machines goes on where it stopped, on as many as it gets.
if [ -e "$RUN/last.pt" ]; then
    WORDS=(--resume "$RUN")
else
    WORDS=("$DATA" --recipe face_x4_gan --out "$RUN" --images 20000000)
fi

srun torchrun --nnodes "$SLURM_NNODES" --nproc-per-node 8 --rdzv-backend c10d --rdzv-endpoint "$HEAD:29500" \
    -m enhance.cli train "${WORDS[@]}"
