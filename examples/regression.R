# A trend over groups whose figures are noisy, in R without any package.
#
#   MOISSON_URL=https://market.example.org MOISSON_TOKEN=mois_pat_... Rscript regression.R KEY
#
# The table of one column comes as CSV with noise_sd of each figure. Weights are 1 / noise_sd^2 and
# the scale is fixed at 1: the market says what the noise is, so it is not estimated from the fit.
# The slope is right; its interval leaves out that figures share noise. regression.py has it exact.

key <- commandArgs(trailingOnly = TRUE)[1]
address <- paste0(Sys.getenv("MOISSON_URL"), "/api/v1/tables/", key, ".csv")
bearer <- c(Authorization = paste("Bearer", Sys.getenv("MOISSON_TOKEN")))
figures <- read.csv(url(address, headers = bearer))
figures <- subset(figures, statistic == "contributions") # shares stand below, of the same figures
figures$place <- seq_len(nrow(figures)) - 1

fit <- lm(value ~ place, data = figures, weights = 1 / noise_sd^2)
design <- model.matrix(fit)
spread <- solve(t(design) %*% (design / figures$noise_sd^2))
cat(sprintf("slope %.3f +- %.3f a step\n", coef(fit)[["place"]], 1.96 * sqrt(spread[2, 2])))
