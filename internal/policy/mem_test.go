package policy
import ("testing";"runtime";"strings";"time")
func TestMem(t *testing.T){
 for name, s := range map[string]string{"dash":strings.Repeat("-\n", 1<<19), "flow":"["+strings.Repeat("a,", 1<<19-2)+"]", "map": strings.Repeat("a:\n",300000), "qq": "a: '"+strings.Repeat("''", 500000)+"'", "com": strings.Repeat("#\n",1<<19), "long":"a: "+strings.Repeat("x ",1<<19-3), "brack": strings.Repeat("[", 1<<20), "quest":strings.Repeat("? ",1<<19), "bs":"a: |\n"+strings.Repeat(" \n",500000), "excl": strings.Repeat("! ", 500000)} {
  runtime.GC(); var a,b runtime.MemStats; runtime.ReadMemStats(&a); st:=time.Now(); l:=Load(Input{Text: []byte(s)}); d:=time.Since(st); runtime.ReadMemStats(&b)
  t.Logf("%s %v alloc=%dMB problems=%d %.150s", name, d, (b.TotalAlloc-a.TotalAlloc)>>20, len(l.Problems), l.Problems[0].String())
 }
}
