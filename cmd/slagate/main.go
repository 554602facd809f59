// Command slagate guards the promises a company makes to its customers: see
// package internal/cli for its commands and internal/app for the service.
package main

import (
	"os"

	"github.com/slagate/slagate/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
