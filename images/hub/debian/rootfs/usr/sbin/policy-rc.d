#!/bin/sh
# No service starts because its package is installed: a container runs what it is told to.
exit 101
