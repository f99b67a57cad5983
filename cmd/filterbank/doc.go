// Command filterbank runs stacks of convolution filters over folders of images and
// writes their feature maps.
//
// Results go to standard output, progress and logs to standard error. It exits with
// 0 if everything is done, 1 if something failed, 2 if flags, stack file or inputs are
// wrong, and 130 if it was interrupted.
//
// # Decisions
//
// default.pgo is a profile of runs over photos. The compiler uses it to decide what to
// inline. pipeline/_bench/profile.sh renews it.
//
// github.com/KimMachineGun/automemlimit finds the memory of a container or machine. Go's
// runtime cannot.
package main
