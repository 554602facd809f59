package githubsim

import (
	"testing"
	"time"
)

func TestSmoke(t *testing.T) { New(Options{AppID: 7, Now: time.Now}) }
