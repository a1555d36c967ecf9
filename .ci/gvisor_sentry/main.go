// Command gvisor_sentry is what a release of gVisor has in gvisor-bin/ beside runsc: the program
// that becomes the sandbox's process. It boots a sandbox and unmounts for one; all else is runsc's.
package main

import (
	"gvisor.dev/gvisor/runsc/cli"
	"gvisor.dev/gvisor/runsc/cmd/sentry/sentrycmd"
	"gvisor.dev/gvisor/runsc/cmd/util"
	"gvisor.dev/gvisor/runsc/gvisorbinaries"
)

func main() {
	const group = "internal"
	commands := map[util.SubCommand]string{
		&sentrycmd.Boot{}:   group,
		&sentrycmd.Umount{}: group,
	}
	cli.Run(&gvisorbinaries.GvisorSentry, commands, nil)
}
