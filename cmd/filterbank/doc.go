// Command filterbank runs stacks of convolution filters over folders of images and
// writes their feature maps.
//
// Results go to standard output, progress and logs to standard error. It exits with
// 0 when all is done, 1 when it finished but some images failed, 2 when flags, stack
// file or inputs are wrong, and 130 when it was interrupted.
//
// # Decisions
//
// default.pgo is a profile of runs over photos. The compiler inlines by it, in image/jpeg
// too. pipeline/_bench/profile.sh renews it.
//
// github.com/KimMachineGun/automemlimit tells how much memory a container or machine has,
// which Go's runtime does not.
package main
