// SPDX-License-Identifier: Apache-2.0
// The functions of the extreme-value families against high-precision arithmetic.
#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "catch.hpp"
#include "plimsoll/stats/gev.hpp"
#include "plimsoll/stats/gpd.hpp"
#include "plimsoll/stats/gumbel.hpp"

namespace {

using namespace plimsoll::stats;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double ulp = std::numeric_limits<double>::epsilon();

/// Equal but for some ulps of the expected value.
bool near(double actual, double expected, double ulps) {
  INFO(actual << " for " << expected);
  return actual == expected || std::abs(actual - expected) <= ulps * ulp * std::abs(expected);
}

/// The ulps that exp(-y) loses when y is right to some four.
double exponential_ulps(double value) {
  return 8 + 4 * std::abs(std::log(value));
}

struct GpdRow {
  double sigma, xi, x, pdf, log_pdf, cdf, upper_tail;
};

// mpmath, 60 digits, of the doubles that the literals here are; 0 where the value is below 1e-320.
const std::vector<GpdRow> gpd_rows{
    {1.0, 0.0, 1e-12, 0.999999999999, -9.9999999999999997989e-13, 9.9999999999949997989e-13, 0.999999999999},
    {1.0, 0.0, 3.5, 0.03019738342231850074, -3.5, 0.96980261657768149926, 0.03019738342231850074},
    {2.5, 0.0, 700.0, 9.9909102676610017466e-123, -280.91629073187415507, 1.0, 2.4977275669152504367e-122},
    {1.0, 1e-300, 5.0, 6.7379469990854670966e-3, -5.0, 0.9932620530009145329, 6.7379469990854670966e-3},
    {1.0, -1e-300, 5.0, 6.7379469990854670966e-3, -5.0, 0.9932620530009145329, 6.7379469990854670966e-3},
    {1.0, 1e-15, 20.0, 2.0611536224389288356e-9, -19.99999999999982, 0.99999999793884637756, 2.0611536224389700587e-9},
    {1.0, -1e-15, 20.0, 2.0611536224381868203e-9, -20.00000000000018, 0.99999999793884637756, 2.0611536224381455972e-9},
    {1.0, 1e-15, 1e-20, 0.99999999999999999999, -1.0000000000000009452e-20, 9.9999999999999994515e-21,
     0.99999999999999999999},
    {3.0, 1e-08, 50.0, 1.9259185270384262422e-8, -17.765277733112694568, 0.99999994222243455925,
     5.7777565440745422458e-8},
    {3.0, -1e-08, 50.0, 1.9259138192433363446e-8, -17.765280177557139012, 0.99999994222259505227,
     5.777740494773099412e-8},
    {1.0, 0.2, 1e-09, 0.99999999880000000084, -1.1999999998800000859e-9, 9.9999999940000006256e-10,
     0.9999999990000000006},
    {1.0, 0.2, 3.0, 0.059604644775390625331, -2.8200217754744133164, 0.90463256835937499749, 0.095367431640625002515},
    {1.0, 0.2, 1e+60, 0, -819.27400600325180613, 1.0, 3.125000000000118358e-297},
    {0.7, -0.2, 3.4, 9.5198429225916670476e-7, -13.864717302018933914, 0.99999998096031415482,
     1.9039685845183272794e-8},
    {0.7, -0.2, 3.4999, 9.5198429225136321359e-19, -41.495738417955679202, 1.0, 1.9039685844988176389e-23},
    {1.0, -0.5, 1.9999999, 5.0000000029193358841e-8, -16.811242830934397921, 0.9999999999999975,
     2.500000002919335885e-15},
    {1.0, -0.5, 1e-05, 0.999995, -5.0000125000416672319e-6, 9.999975000000000818e-6, 0.999990000025},
    {1.0, -0.9, 1.1, 0.59948425031894039535, -0.51168557622090007422, 0.99400515749681065861, 5.9948425031893413907e-3},
    {1.0, -1.0, 0.25, 1.0, 0, 0.25, 0.75},
    {2.0, -1.5, 1.25, 1.2599210498948731648, 0.23104906018664843647, 0.8425098687631408544, 0.1574901312368591456},
    {1.0, 2.0, 7.0, 0.017213259316477408379, -4.062075301653315099, 0.74180111025283887432, 0.25819888974716112568},
    {1.0, 5.0, 1000.0, 3.6402547274452827905e-5, -10.220871805702684432, 0.81795086108046140765,
     0.18204913891953859235},
    {1.0, 5.0, 1e+300, 0, -830.86195897277736676, 1.0, 7.2477966367769552386e-61},
    {1e-300, 0.3, 1e-299, 2.4607833005759242286e+297, 684.76825233336084589, 0.99015686679769630336,
     9.843133202303696643e-3},
    {1e+300, -0.3, 1e+300, 4.3507296085387432125e-301, -691.60776943407074748, 0.69544892740228795431,
     0.30455107259771204569},
    {1e-300, 5.0, 1e+300, 0, -969.0170645524201078, 1.0, 7.2477966367769552749e-121},
    {1.0, -5.0, 0.19, 10.985605433061179474, 2.3965858188431929724, 0.45071972834694114828, 0.54928027165305885172},
};

TEST_CASE("the density of a generalised Pareto distribution begins at 0, where it is 1 / sigma") {
  for (const double xi : {-1.5, -1.0, -0.3, 0.0, 0.4}) {
    const plimsoll::stats::Gpd gpd{.sigma = 2, .xi = xi};
    CHECK(gpd.pdf(0) == 0.5);
    CHECK(gpd.log_pdf(0) == -std::log(2.0));
    CHECK(gpd.pdf(std::nextafter(0.0, -1.0)) == 0);
    CHECK(gpd.cdf(0) == 0);
    CHECK(gpd.upper_tail(0) == 1);
  }
}

TEST_CASE("the generalised Pareto distribution against high precision") {
  for (const GpdRow& row : gpd_rows) {
    CAPTURE(row.sigma, row.xi, row.x);
    const Gpd family{row.sigma, row.xi};
    if (row.pdf == 0) {
      CHECK(family.pdf(row.x) == 0);
    } else {
      CHECK(near(family.pdf(row.x), row.pdf, exponential_ulps(row.pdf) + exponential_ulps(row.sigma)));
    }
    // It is a difference of two logarithms, each right to some ulps of itself.
    CHECK(std::abs(family.log_pdf(row.x) - row.log_pdf) <=
          8 * ulp * (std::abs(row.log_pdf) + 2 * std::abs(std::log(row.sigma))));
    CHECK(near(family.cdf(row.x), row.cdf, 8));
    CHECK(near(family.upper_tail(row.x), row.upper_tail, exponential_ulps(row.upper_tail)));
  }
}

struct QuantileRow {
  double sigma, xi, p, lower, upper;
};

// As above.
const std::vector<QuantileRow> gpd_quantile_rows{
    {1.0, 0.0, 1e-300, 1.0000000000000000251e-300, 690.77552789821370518},
    {1.0, 0.0, 0.5, 0.69314718055994530942, 0.69314718055994530942},
    {1.0, 1e-300, 1e-10, 1.0000000000500000364e-10, 23.025850929940456804},
    {1.0, -1e-15, 1e-10, 1.0000000000500000364e-10, 23.025850929940191709},
    {1.0, 1e-15, 1e-10, 1.0000000000500000364e-10, 23.025850929940721899},
    {2.0, 1e-08, 1e-12, 2.0000000000009999598e-12, 55.262049866591078731},
    {1.0, 0.2, 1e-300, 1.0000000000000000251e-300, 5.0000000000000380431e+60},
    {1.0, 0.2, 0.999, 14.905358527674859702, 1.0006004403522968257e-3},
    {3.0, -0.2, 1e-09, 3.0000000012000001876e-9, 14.762266021130832209},
    {3.0, -0.2, 0.5, 1.9417415505581379057, 1.9417415505581379057},
    {1.0, -0.9, 1e-20, 9.9999999999999994515e-21, 1.1111111111111110826},
    {1.0, -1.0, 0.125, 0.125, 0.875},
    {1.0, 5.0, 1e-50, 1.0000000000000000076e-50, 1.9999999999999999238e+249},
    {1e-300, 5.0, 1e-100, 0, 1.9999999999999998502e+199},
    {1.0, -5.0, 0.01, 9.8019900200000002e-3, 0.19999999998},
};

TEST_CASE("quantiles of the generalised Pareto distribution against high precision") {
  for (const QuantileRow& row : gpd_quantile_rows) {
    CAPTURE(row.sigma, row.xi, row.p);
    const Gpd family{row.sigma, row.xi};
    // An exponent xi log p that is rounded loses as many ulps as it is large.
    const double ulps = 8 + 4 * std::abs(row.xi * std::log(row.p));
    CHECK(near(family.lower_quantile(row.p), row.lower, ulps));
    CHECK(near(family.upper_quantile(row.p), row.upper, ulps));
  }
}

struct GevRow {
  double mu, sigma, xi, x, pdf, log_pdf, cdf, upper_tail;
  double condition;  ///< the ulps by which pdf, cdf or upper_tail change when x - mu and xi do by one
};

// As above.
const std::vector<GevRow> gev_rows{
    {0.0, 1.0, 0.0, 0.0, 0.3678794411714423216, -1.0, 0.3678794411714423216, 0.6321205588285576784, 0},
    {0.0, 1.0, 0.0, -3.0, 3.8005425040443577107e-8, -17.085536923187667741, 1.8921786948382926336e-9,
     0.99999999810782130516, 60.0},
    {0.0, 1.0, 0.0, 40.0, 4.2483542552915889773e-18, -40.000000000000000004, 0.99999999999999999575,
     4.2483542552915889863e-18, 40.0},
    {0.0, 1.0, 0.0, 700.0, 9.8596765437597708567e-305, -700.0, 1.0, 9.8596765437597708567e-305, 7.0e+2},
    {1.0, 2.0, 1e-300, 5.0, 0.059102475796571572999, -2.8284824637965580013, 0.87342301849311664299,
     0.12657698150688335701, 1.9},
    {1.0, 2.0, -1e-300, 5.0, 0.059102475796571572999, -2.8284824637965580013, 0.87342301849311664299,
     0.12657698150688335701, 1.9},
    {0.0, 1.0, 1e-15, 20.0, 2.0611536181905745847e-9, -20.000000002060973622, 0.99999999793884637969,
     2.0611536203147929325e-9, 20.0},
    {0.0, 1.0, -1e-15, 20.0, 2.0611536181898325694e-9, -20.000000002061333622, 0.99999999793884637969,
     2.0611536203139684711e-9, 20.0},
    {0.0, 1.0, 1e-08, -5.0, 5.2053314510798694952e-63, -143.41317747922326369, 3.5073241292230853361e-65, 1.0, 7.4e+2},
    {0.0, 1.0, -1e-08, 30.0, 9.3575836668973632159e-14, -30.000004200000948576, 0.99999999999990642419,
     9.3575808596227009683e-14, 30.0},
    {0.0, 1.0, 0.2, -4.5, 0, -9.9986184489442221614e+4, 0, 1.0, 0},
    {0.0, 1.0, 0.2, 3.0, 0.054182938543371448028, -2.9153892071150383189, 0.90903886345686814675,
     0.090961136543131853247, 2.2},
    {0.0, 1.0, 0.2, 1e+60, 0, -819.27400600325180613, 1.0, 3.125000000000118358e-297, 6.8e+2},
    {0.0, 1.0, -0.25, 3.75, 2.4413689973812310296e-4, -8.317781425508406213, 0.99998474132735222971,
     1.5258672647770289753e-5, 1.1e+2},
    {0.0, 1.0, -0.25, -20.0, 0, -1290.624721592315835, 0, 1.0, 0},
    {0.0, 1.0, -0.5, 1.9999999, 5.0000000029193233841e-8, -16.811242830934400421, 0.9999999999999975,
     2.50000000291933276e-15, 8.0e+7},
    {0.0, 1.0, -0.9, 1.1, 0.59590118733498056738, -0.51768041872408941561, 0.99402309071163495928,
     5.9769092883650407165e-3, 2.1e+2},
    {0.0, 1.0, -1.0, 0.25, 0.47236655274101470714, -0.75, 0.47236655274101470714, 0.52763344725898529286, 0.57},
    {0.0, 2.0, -1.5, 1.25, 1.0763319619152222637, 0.073558928949789290877, 0.85428524430560991723,
     0.14571475569439008277, 17.0},
    {0.0, 1.0, 2.0, 7.0, 0.013296237328652174975, -4.3202741914004762247, 0.77244158611636899657,
     0.22755841388363100343, 1.6},
    {0.0, 1.0, 5.0, -0.19, 5.8962380283980804845, 1.7743145252387091133, 0.16193436129847965308, 0.83806563870152034692,
     32.0},
    {0.0, 1.0, 5.0, 1e+300, 0, -830.86195897277736676, 1.0, 7.2477966367769552386e-61, 1.4e+2},
    {1000000.0, 0.001, 0.1, 1000000.0078125, 1.7405067896035456083, 0.55417632921178842177, 0.99689489644949811762,
     3.1051035505018823793e-3, 5.8},
    {0.0, 1e-300, 0.3, 1e-299, 2.4366803018855265403e+297, 684.75840920015854219, 0.99020515187795829159,
     9.79484812204170841e-3, 4.6},
    {0.0, 1e+300, -0.3, 1e+300, 3.2084645344985715075e-301, -691.91232050666845953, 0.73745436356275463916,
     0.26254563643724536084, 1.4},
    {1024.0, 2.0, -5.0, 1023.5, 0.080623075327534978152, -2.5179703760576818932, 0.3084859367656104516,
     0.6915140632343895484, 1.1},
};

TEST_CASE("the generalised extreme value distribution against high precision") {
  for (const GevRow& row : gev_rows) {
    CAPTURE(row.mu, row.sigma, row.xi, row.x);
    const Gev family{row.mu, row.sigma, row.xi};
    const double ulps = 8 + 4 * row.condition;
    CHECK(near(family.pdf(row.x), row.pdf, ulps));
    // As precise as the density; and of a difference of two logarithms.
    CHECK(std::abs(family.log_pdf(row.x) - row.log_pdf) <=
          8 * ulp * (1 + std::abs(row.log_pdf) + 2 * std::abs(std::log(row.sigma))) + ulps * ulp);
    CHECK(near(family.cdf(row.x), row.cdf, ulps));
    CHECK(near(family.upper_tail(row.x), row.upper_tail, ulps));
  }
}

struct GevQuantileRow {
  double mu, sigma, xi, p, lower, upper;
};

// As above.
const std::vector<GevQuantileRow> gev_quantile_rows{
    {0.0, 1.0, 0.0, 1e-300, -6.5378149199041568592, 690.77552789821370518},
    {0.0, 1.0, 0.0, 0.5, 0.36651292058166432701, 0.36651292058166432701},
    {0.0, 1.0, 0.0, 0.25, -0.3266342599782809824, 1.2458993237072381984},
    {0.0, 1.0, 1e-300, 1e-10, -3.1366175382420014822, 23.025850929890456804},
    {0.0, 1.0, -1e-15, 1e-10, -3.1366175382420064014, 23.025850929890191709},
    {0.0, 1.0, 1e-15, 1e-10, -3.1366175382419965631, 23.025850929890721899},
    {1.0, 2.0, 1e-08, 1e-12, -5.6378780799183462746, 56.26204986659007873},
    {0.0, 1.0, 0.2, 1e-300, -3.6476079296366471213, 5.0000000000000380431e+60},
    {0.0, 1.0, 0.2, 0.999, 14.903367261540649476, -1.6029447083731447215},
    {5.0, 3.0, -0.2, 1e-09, -7.5031792097855760098, 19.762266021107058812},
    {0.0, 3.0, -0.2, 0.5, 1.0602061480259207332, 1.0602061480259207332},
    {0.0, 1.0, -0.9, 1e-20, -33.777092357662786905, 1.1111111111111110826},
    {0.0, 1.0, -1.0, 0.125, -1.0794415416798359283, 0.86646860737547737685},
    {0.0, 1.0, 5.0, 1e-50, -0.19999999999011215772, 1.9999999999999999238e+249},
    {0.0, 1e-300, 5.0, 1e-100, -1.9999999999969100994e-301, 1.9999999999999998502e+199},
    {0.0, 1.0, -5.0, 0.01, -414.04608962220651367, 0.1999999999794915485},
};

TEST_CASE("quantiles of the generalised extreme value distribution against high precision") {
  for (const GevQuantileRow& row : gev_quantile_rows) {
    CAPTURE(row.mu, row.sigma, row.xi, row.p);
    const Gev family{row.mu, row.sigma, row.xi};
    const double ulps = 8 + 4 * std::abs(row.xi * std::log(row.p));
    CHECK(near(family.lower_quantile(row.p), row.lower, ulps));
    CHECK(near(family.upper_quantile(row.p), row.upper, ulps));
  }
}

TEST_CASE("extreme-value families outside their support and at its ends") {
  const Gpd heavy{2, 0.5};
  const Gpd bounded{2, -0.5};  // up to 4
  for (const Gpd& family : {heavy, bounded, Gpd{2, 0}}) {
    CHECK(family.pdf(-1) == 0);
    CHECK(family.log_pdf(-1) == -infinity);
    CHECK(family.cdf(-1) == 0);
    CHECK(family.upper_tail(-1) == 1);
    CHECK(family.pdf(0) == 0.5);
    CHECK(family.cdf(0) == 0);
    CHECK(family.upper_tail(infinity) == 0);
    CHECK(family.cdf(infinity) == 1);
    CHECK(family.pdf(infinity) == 0);
    CHECK(family.lower_quantile(0) == 0);
    CHECK(family.upper_quantile(1) == 0);
    CHECK(family.upper_quantile(0) == (family.xi < 0 ? 4 : infinity));
    CHECK(family.lower_quantile(1) == (family.xi < 0 ? 4 : infinity));
    CHECK(std::isnan(family.pdf(nan)));
    CHECK(std::isnan(family.cdf(nan)));
    CHECK(std::isnan(family.upper_tail(nan)));
  }
  for (const double x : {4.0, 5.0, 1e300}) {
    CHECK(bounded.pdf(x) == 0);
    CHECK(bounded.log_pdf(x) == -infinity);
    CHECK(bounded.cdf(x) == 1);
    CHECK(bounded.upper_tail(x) == 0);
  }
  CHECK(Gpd{2, -1}.pdf(2) == Approx(0.5));  // uniform
  CHECK(Gpd{2, -1}.pdf(2.5) == 0);
  CHECK(Gpd{2, -2}.pdf(1) == infinity);
  CHECK(Gpd{2, -2}.pdf(1.5) == 0);

  const Gev above{1, 2, 0.5};   // from -3
  const Gev below{1, 2, -0.5};  // up to 5
  CHECK(above.cdf(-3) == 0);
  CHECK(above.pdf(-3) == 0);
  CHECK(above.log_pdf(-4) == -infinity);
  CHECK(above.upper_tail(-4) == 1);
  CHECK(above.lower_quantile(0) == -3);
  CHECK(above.upper_quantile(1) == -3);
  CHECK(above.upper_quantile(0) == infinity);
  CHECK(below.cdf(5) == 1);
  CHECK(below.pdf(5) == 0);
  CHECK(below.log_pdf(6) == -infinity);
  CHECK(below.upper_tail(6) == 0);
  CHECK(below.upper_quantile(0) == 5);
  CHECK(below.lower_quantile(1) == 5);
  CHECK(below.lower_quantile(0) == -infinity);
  CHECK(Gev{}.lower_quantile(0) == -infinity);
  CHECK(Gev{}.upper_quantile(0) == infinity);
  CHECK(Gev{0, 1, -1}.pdf(1) == Approx(1.0));
  CHECK(Gev{0, 1, -2}.pdf(0.5) == infinity);
  for (const double x : {-infinity, infinity}) CHECK(above.pdf(x) + below.pdf(x) + Gev{}.pdf(x) == 0);
  CHECK(std::isnan(above.pdf(nan)));
  CHECK(std::isnan(above.cdf(nan)));
}

TEST_CASE("xi = 0 is no seam") {
  // The functions are smooth in xi, with slopes of at most y^2 / 2 = 200 at x = 20 and 250 in the log of the tail.
  for (const double xi : {1e-300, 1e-100, 1e-30, 1e-17, 1e-16, 1e-15, 1e-12, 1e-9}) {
    for (const double sign : {-1.0, 1.0}) {
      CAPTURE(xi, sign);
      const double reach = 300 * xi + 50 * ulp;
      CHECK(Gpd{1, sign * xi}.upper_tail(20) == Approx(Gpd{}.upper_tail(20)).epsilon(reach));
      CHECK(Gpd{1, sign * xi}.pdf(20) == Approx(Gpd{}.pdf(20)).epsilon(reach));
      CHECK(Gpd{1, sign * xi}.upper_quantile(1e-9) == Approx(Gpd{}.upper_quantile(1e-9)).epsilon(reach));
      CHECK(Gev{0, 1, sign * xi}.upper_tail(20) == Approx(Gev{}.upper_tail(20)).epsilon(reach));
      CHECK(Gev{0, 1, sign * xi}.pdf(20) == Approx(Gev{}.pdf(20)).epsilon(reach));
      CHECK(Gev{0, 1, sign * xi}.upper_quantile(1e-9) == Approx(Gev{}.upper_quantile(1e-9)).epsilon(reach));
    }
  }
  // With xi = 0 it is the Gumbel distribution.
  for (const double x : {-3.0, 0.0, 2.0, 30.0}) {
    CHECK(Gev{1, 2, 0}.log_pdf(x) == Approx(Gumbel{1, 2}.log_pdf(x)).epsilon(1e-14));
    CHECK(Gev{1, 2, 0}.upper_tail(x) == Approx(Gumbel{1, 2}.upper_tail(x)).epsilon(1e-14));
  }
}

}  // namespace
