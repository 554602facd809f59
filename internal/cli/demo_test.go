package cli

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDemo_Script(t *testing.T) {
	t.Parallel()
	var out, errOut bytes.Buffer
	require.Equal(t, ExitNothing, Main([]string{"demo", "--script"}, strings.NewReader(""), &out, &errOut), errOut.String())
	require.Contains(t, out.String(), "steps ended as they should.")
	require.Empty(t, errOut.String())
}

func TestDemo_WrongUsage(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"loopback only":                 {"demo", "--listen", "0.0.0.0:8090"},
		"not HOST:PORT":                 {"demo", "--listen", "8090"},
		"none of the others can be":     {"demo", "--script", "--listen", "127.0.0.1:0"},
		"unknown command \"elsewhere\"": {"demo", "elsewhere"},
	} {
		var out, errOut bytes.Buffer
		require.Equal(t, ExitError, Main(args, strings.NewReader(""), &out, &errOut), want)
		require.Contains(t, errOut.String(), want)
		require.Empty(t, out.String())
	}
}
