package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"filterbank/filters/simd"
)

func main() { os.Exit(filterbank()) }

// filterbank runs the command line and returns the exit code.
func filterbank() int {
	debug.SetTraceback("crash") // a crash of Go's runtime ends with SIGABRT and not with exitUsage
	ctx, stop := signalled(context.Background())
	defer stop()
	return execute(ctx, console{os.Stdin, os.Stdout, os.Stderr}, os.Args[1:])
}

// signalled returns a context that ends with the first signal that asks the program to end. A
// signal that is ignored from the beginning, as nohup does with SIGHUP, stays ignored. After it,
// Ctrl-C ends the program at once. Further signals of the other kinds are ignored: schedulers
// send them twice, to the program and to the script that has started it.
func signalled(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	go func() {
		select {
		case s := <-signals:
			signal.Reset(os.Interrupt)
			cancel(fmt.Errorf("%w by the signal %v", context.Canceled, s))
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(nil) }
}

// console holds the three standard streams.
type console struct {
	in       io.Reader
	out, err io.Writer
}

func execute(ctx context.Context, c console, args []string) int {
	root := newRoot(c)
	root.SetArgs(args)
	cmd, err := root, checkDashes(root, args)
	if err == nil {
		cmd, err = root.ExecuteContextC(ctx)
	}
	if err == nil {
		return 0
	}
	code := codeOf(ctx, err)
	e, ok := errors.AsType[*exit](err)
	if !ok && errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	if !ok || e.err != nil {
		sayLast(c.err, cmd, code, err)
	}
	return code
}

// sayLast says the error that ends the program: with JSON logs in an event.
func sayLast(w io.Writer, cmd *cobra.Command, code int, err error) {
	if logs := cmd.Flags().Lookup("log-format"); logs != nil && logs.Value.String() == "json" {
		if log, logErr := newLogger(w, "json", slog.LevelError, false); logErr == nil {
			log.Error(err.Error(), "event", "error", "exit", code)
			return
		}
	}
	fmt.Fprintf(w, "filterbank: %s\n", printable(err.Error()))
}

// printable escapes characters of a message that a terminal would obey, since parts of it may
// come from stack files and statistics. Newlines stay.
func printable(message string) string {
	var b strings.Builder
	for rest := message; rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		char := rest[:n]
		if rest = rest[n:]; r == '\n' || r == '\t' || unicode.IsPrint(r) && utf8.ValidString(char) {
			b.WriteString(char)
			continue
		}
		q := strconv.Quote(char)
		b.WriteString(q[1 : len(q)-1])
	}
	return b.String()
}

func newRoot(c console) *cobra.Command {
	root := &cobra.Command{
		Use:   "filterbank",
		Short: "Run stacks of convolution filters over folders of images",
		Long: "filterbank loads PNG and JPEG images as RGB volumes, runs them through stacks of\n" +
			"convolution filters, each followed by ReLU, and writes a picture of every feature\n" +
			"map. Its arithmetic is PyTorch's, and the same bits on every machine.",
		Example: "  filterbank run samples\n" +
			"  filterbank run photos/ -o maps/ --bank gabor\n" +
			"  filterbank plan -c stack.yaml photos/",
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args)
			}
			return nil
		},
		RunE:              func(cmd *cobra.Command, _ []string) error { return writeHelp(c.out, cmd) },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return checkExclusive(cmd) },
	}
	root.SetIn(c.in)
	root.SetOut(c.out)
	root.SetErr(c.err)
	root.SetFlagErrorFunc(flagError)
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		annotate(cmd) // cobra has just added --help
		_ = writeHelp(c.out, cmd)
	})
	root.SetUsageFunc(func(cmd *cobra.Command) error { return writeHelp(c.err, cmd) })
	root.SetHelpCommand(newHelp(c))
	root.AddCommand(
		newRun(c), newPlan(c), newList(c), newCalibrate(c), newBanks(c), newInspect(c), newImport(c), newExport(c), newInit(c), newVerify(c),
		newStatus(c), newMerge(c), newCluster(c), newDiff(c), newDigest(c), newReport(c), newAnimate(c), newShow(c), newSchema(c), newMan(c), newVersion(c),
	)
	addCompletion(root, c)
	annotate(root)
	return root
}

// addCompletion adds cobra's command completion, which then refuses unknown shells.
func addCompletion(root *cobra.Command, c console) {
	root.InitDefaultCompletionCmd()
	if cmd, _, err := root.Find([]string{"completion"}); err == nil {
		shells := commandNames(cmd)
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return fmt.Errorf("completion %q: it must be %s", args[0], strings.Join(shells, ", "))
			}
			return writeHelp(c.out, cmd)
		}
		cmd.Args = cobra.ArbitraryArgs
	}
}

// kernelVariable is the environment variable with the instruction set for convolution,
// decoding, rendering and encoding. All sets give the same bits.
const kernelVariable = "FILTERBANK_KERNEL"

func chosenSIMD() (simd.Set, error) {
	set, err := simd.Select(os.Getenv(kernelVariable))
	if err != nil {
		return set, fmt.Errorf("%s: %w", kernelVariable, err)
	}
	return set, nil
}
