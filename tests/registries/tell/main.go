// Tells how it was started: the only program of the images that `cargo xtask test --long` starts.
package main

import (
	"encoding/json"
	"os"
	"runtime"
)

func main() {
	directory, _ := os.Getwd()
	files := map[string]string{}
	for _, path := range os.Args[1:] {
		content, err := os.ReadFile(path)
		if err != nil {
			content = []byte(err.Error())
		}
		files[path] = string(content)
	}
	json.NewEncoder(os.Stdout).Encode(map[string]any{
		"architecture": runtime.GOARCH,
		"directory":    directory,
		"environment":  os.Environ(),
		"files":        files,
		"user":         os.Getuid(),
	})
}
