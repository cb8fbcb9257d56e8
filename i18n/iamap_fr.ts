<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="fr" sourcelanguage="en">
 <context>
  <name>iamap</name>
  <message>
   <source>Apply a model</source>
   <translation>Appliquer un modèle</translation>
  </message>
  <message>
   <source>4 Find and compare</source>
   <translation>4 Chercher et comparer</translation>
  </message>
  <message>
   <source>predict</source>
   <translation>prédiction</translation>
  </message>
  <message>
   <source>classify</source>
   <translation>classer</translation>
  </message>
  <message>
   <source>transfer</source>
   <translation>transfert</translation>
  </message>
  <message>
   <source>model</source>
   <translation>modèle</translation>
  </message>
  <message>
   <source>uncertainty</source>
   <translation>incertitude</translation>
  </message>
  <message>
   <source>IAMAP</source>
   <translation>IAMAP</translation>
  </message>
  <message>
   <source>Apply a model that another run has saved: the same components, clusters or classes, on this raster or another.</source>
   <translation>Applique un modèle enregistré par une autre exécution : les mêmes composantes, groupes ou classes, sur ce raster ou un autre.</translation>
  </message>
  <message>
   <source>The raster must hold what the model was fitted on: features of the same encoder with the same weights, or the same bands; and with *Stack with*, the other rasters that it was trained with. What differs is told; what can't work is refused. The pixels are those that the first run would have given.</source>
   <translation>Le raster doit contenir ce sur quoi le modèle a été ajusté : des descripteurs du même encodeur avec les mêmes poids, ou les mêmes bandes ; et avec *Empiler avec*, les autres rasters avec lesquels il a été entraîné. Ce qui diffère est signalé ; ce qui ne peut pas fonctionner est refusé. Les pixels sont ceux que le premier traitement aurait donnés.</translation>
  </message>
  <message>
   <source>Trained models tell where not to trust the map, too: how sure they are, how many classes can't be ruled out, and which places are unlike all labels.</source>
   <translation>Les modèles entraînés disent aussi où ne pas se fier à la carte : avec quelle certitude ils classent, combien de classes ne peuvent être exclues, et quels lieux ne ressemblent à aucune étiquette.</translation>
  </message>
  <message>
   <source>Raster</source>
   <translation>Raster</translation>
  </message>
  <message>
   <source>Features of the same encoder as those the model was fitted on.</source>
   <translation>Descripteurs du même encodeur que ceux sur lesquels le modèle a été ajusté.</translation>
  </message>
  <message>
   <source>Model</source>
   <translation>Modèle</translation>
  </message>
  <message>
   <source>A file that another job has written.</source>
   <translation>Un fichier écrit par un autre traitement.</translation>
  </message>
  <message>
   <source>IAMAP model</source>
   <translation>Modèle IAMAP</translation>
  </message>
  <message>
   <source>Stack with</source>
   <translation>Empiler avec</translation>
  </message>
  <message>
   <source>For models that were trained with more rasters: the same kinds, in the same order.</source>
   <translation>Pour les modèles entraînés avec plusieurs rasters : les mêmes sortes, dans le même ordre.</translation>
  </message>
  <message>
   <source>Bands</source>
   <translation>Bandes</translation>
  </message>
  <message>
   <source>Empty: those of the same numbers as at fitting.</source>
   <translation>Vide : celles des mêmes numéros qu'à l'ajustement.</translation>
  </message>
  <message>
   <source>Extent</source>
   <translation>Emprise</translation>
  </message>
  <message>
   <source>Only this part of the raster, enlarged to whole cells.</source>
   <translation>Seulement cette partie du raster, agrandie à des cellules entières.</translation>
  </message>
  <message>
   <source>Leave out what is unlike all labels</source>
   <translation>Écarter ce qui ne ressemble à aucune étiquette</translation>
  </message>
  <message>
   <source>For trained models: cells outside their area of applicability get no value.</source>
   <translation>Pour les modèles entraînés : les cellules hors de leur domaine d'applicabilité ne reçoivent pas de valeur.</translation>
  </message>
  <message>
   <source>Most frequent class in a window</source>
   <translation>Classe la plus fréquente dans une fenêtre</translation>
  </message>
  <message>
   <source>Odd. Each cell gets the class that is most frequent in a window of that side around it. 1: as it is.</source>
   <translation>Impair. Chaque cellule reçoit la classe la plus fréquente dans une fenêtre de ce côté autour d'elle. 1 : telle quelle.</translation>
  </message>
  <message>
   <source>cells</source>
   <translation>cellules</translation>
  </message>
  <message>
   <source>Smallest spot</source>
   <translation>Plus petite tache</translation>
  </message>
  <message>
   <source>Smaller spots of a class become part of their largest neighbour. 1: as they are.</source>
   <translation>Les taches plus petites d'une classe sont réunies à leur plus grande voisine. 1 : telles quelles.</translation>
  </message>
  <message>
   <source>Result</source>
   <translation>Résultat</translation>
  </message>
  <message>
   <source>Classes as polygons</source>
   <translation>Classes en polygones</translation>
  </message>
  <message>
   <source>For models that give classes, and for searches: what reaches their threshold.</source>
   <translation>Pour les modèles qui donnent des classes, et pour les recherches : ce qui atteint leur seuil.</translation>
  </message>
  <message>
   <source>Areas</source>
   <translation>Surfaces</translation>
  </message>
  <message>
   <source>For models that give classes.</source>
   <translation>Pour les modèles qui donnent des classes.</translation>
  </message>
  <message>
   <source>Table</source>
   <translation>Tableau</translation>
  </message>
  <message>
   <source>Confidence and doubt</source>
   <translation>Confiance et doute</translation>
  </message>
  <message>
   <source>For trained models, as bands: confidence (of numbers: half of the interval), number of classes that can't be ruled out, how unlike all labels a cell is, and whether it is too unlike.</source>
   <translation>Pour les modèles entraînés, en bandes : la confiance (pour des nombres : la moitié de l'intervalle), le nombre de classes qui ne peuvent être exclues, combien une cellule diffère de toutes les étiquettes, et si elle en diffère trop.</translation>
  </message>
  <message>
   <source>Probabilities</source>
   <translation>Probabilités</translation>
  </message>
  <message>
   <source>For trained models: that of each class, as bands.</source>
   <translation>Pour les modèles entraînés : celle de chaque classe, en bandes.</translation>
  </message>
  <message>
   <source>Where not to trust the map</source>
   <translation>Où ne pas se fier à la carte</translation>
  </message>
  <message>
   <source>For trained models: what is unlike all labels, hatched.</source>
   <translation>Pour les modèles entraînés : ce qui ne ressemble à aucune étiquette, hachuré.</translation>
  </message>
  <message>
   <source>Change between two dates</source>
   <translation>Changement entre deux dates</translation>
  </message>
  <message>
   <source>change detection</source>
   <translation>détection de changements</translation>
  </message>
  <message>
   <source>difference</source>
   <translation>différence</translation>
  </message>
  <message>
   <source>multitemporal</source>
   <translation>multitemporel</translation>
  </message>
  <message>
   <source>MAD</source>
   <translation>MAD</translation>
  </message>
  <message>
   <source>features</source>
   <translation>descripteurs</translation>
  </message>
  <message>
   <source>embedding</source>
   <translation>plongement</translation>
  </message>
  <message>
   <source>Find the places that changed between two dates, from features of the same encoder.</source>
   <translation>Trouve les lieux qui ont changé entre deux dates, à partir des descripteurs d'un même encodeur.</translation>
  </message>
  <message>
   <source>For each cell it tells how far the direction of its features has turned: 0 where nothing changed, 1 where they have nothing in common any more, up to 2. What changed everywhere, such as light, season or sensor, is taken off first; cells where the dates differ most don't count for that. Where the rasters don't share their cells, the second one is resampled to those of the first, over what they have in common.</source>
   <translation>Pour chaque cellule, le résultat dit de combien la direction de ses descripteurs a tourné : 0 où rien n'a changé, 1 où ils n'ont plus rien en commun, 2 au plus. Ce qui a changé partout (lumière, saison, capteur) est d'abord retiré ; les cellules où les dates diffèrent le plus n'y comptent pas. Si les rasters n'ont pas les mêmes cellules, le second est rééchantillonné sur celles du premier, dans leur partie commune.</translation>
  </message>
  <message>
   <source>Both rasters must come from the same encoder with the same weights. MOSAIKS draws its filters from the raster: give the first date's features as own weights when you encode the second. Rasters without an encoder, such as two images of the same sensor, are compared band by band. Both are read three or four times; memory does not grow with them.</source>
   <translation>Les deux rasters doivent venir du même encodeur avec les mêmes poids. MOSAIKS tire ses filtres du raster : donnez les descripteurs de la première date comme poids personnels en encodant la seconde. Des rasters sans encodeur, comme deux images du même capteur, sont comparés bande par bande. Les deux sont lus trois ou quatre fois ; la mémoire n'augmente pas avec leur taille.</translation>
  </message>
  <message>
   <source>First date</source>
   <translation>Première date</translation>
  </message>
  <message>
   <source>Features from *Encode*, or any raster of two bands or more.</source>
   <translation>Descripteurs issus de *Encoder une image*, ou tout raster d'au moins deux bandes.</translation>
  </message>
  <message>
   <source>Second date</source>
   <translation>Seconde date</translation>
  </message>
  <message>
   <source>Features of the same encoder, or a raster with the same bands.</source>
   <translation>Descripteurs du même encodeur, ou raster ayant les mêmes bandes.</translation>
  </message>
  <message>
   <source>Of both rasters. Empty: all bands but transparency.</source>
   <translation>Des deux rasters. Vide : toutes les bandes sauf la transparence.</translation>
  </message>
  <message>
   <source>Only this part, enlarged to whole cells of the first date.</source>
   <translation>Cette partie seulement, agrandie à des cellules entières de la première date.</translation>
  </message>
  <message>
   <source>Correction of the overall shift</source>
   <translation>Correction du décalage d'ensemble</translation>
  </message>
  <message>
   <source>covariance: also undoes mixtures of bands, and finds most with features of an encoder. mean and deviation: each band by itself, a brightness and a contrast. none: for images that are corrected already.</source>
   <translation>covariance : défait aussi les mélanges de bandes, et trouve le plus avec les descripteurs d'un encodeur. mean and deviation : chaque bande pour elle-même, une luminosité et un contraste. none : pour des images déjà corrigées.</translation>
  </message>
  <message>
   <source>Scaling</source>
   <translation>Mise à l'échelle</translation>
  </message>
  <message>
   <source>standardise: deviations from the mean cell are compared, all bands count alike. centre: the same, but bands with a wide range count more. none: the plain cosine distance of the features as they are.</source>
   <translation>standardise : les écarts à la cellule moyenne sont comparés, toutes les bandes comptent autant. centre : de même, mais les bandes de grande étendue comptent davantage. none : la distance cosinus des descripteurs tels quels.</translation>
  </message>
  <message>
   <source>Threshold</source>
   <translation>Seuil</translation>
  </message>
  <message>
   <source>Cells that changed more have changed. Empty: where Otsu's method splits the distances best, but at least 0.2 (0.001 without scaling), for it splits also where nothing changed. The report shows the histogram.</source>
   <translation>Au-dessus, une cellule compte comme changée. Vide : là où la méthode d'Otsu sépare le mieux les distances, mais au moins 0,2 (0,001 sans mise à l'échelle), car elle sépare aussi là où rien n'a changé. Le rapport montre l'histogramme.</translation>
  </message>
  <message>
   <source>Smallest area of a polygon</source>
   <translation>Plus petite surface d'un polygone</translation>
  </message>
  <message>
   <source>Smaller ones are left out of the polygons; in squares of map units where a raster has no CRS.</source>
   <translation>Les plus petits sont laissés de côté ; en carrés d'unités de carte si le raster n'a pas de SCR.</translation>
  </message>
  <message>
   <source>m²</source>
   <translation>m²</translation>
  </message>
  <message>
   <source>Random seed</source>
   <translation>Graine aléatoire</translation>
  </message>
  <message>
   <source>Change</source>
   <translation>Changement</translation>
  </message>
  <message>
   <source>How much each cell has changed.</source>
   <translation>De combien chaque cellule a changé.</translation>
  </message>
  <message>
   <source>Changed cells</source>
   <translation>Cellules changées</translation>
  </message>
  <message>
   <source>1 above the threshold, 0 below.</source>
   <translation>1 au-dessus du seuil, 0 au-dessous.</translation>
  </message>
  <message>
   <source>Changed places</source>
   <translation>Lieux changés</translation>
  </message>
  <message>
   <source>Neighbouring changed cells as polygons with their mean change.</source>
   <translation>Les cellules changées voisines, en polygones avec leur changement moyen.</translation>
  </message>
  <message>
   <source>Directions of change</source>
   <translation>Directions du changement</translation>
  </message>
  <message>
   <source>The three strongest ways in which cells changed, as red, green and blue: cells of one colour changed alike, those of middle grey did not.</source>
   <translation>Les trois façons les plus fortes de changer, en rouge, vert et bleu : les cellules d'une même couleur ont changé de la même façon, celles en gris moyen n'ont pas changé.</translation>
  </message>
  <message>
   <source>Report</source>
   <translation>Rapport</translation>
  </message>
  <message>
   <source>Histogram with the threshold, and pictures of the places that changed most.</source>
   <translation>Histogramme avec le seuil, et images des lieux qui ont le plus changé.</translation>
  </message>
  <message>
   <source>Cluster: affinity propagation</source>
   <translation>Regrouper : propagation d'affinité</translation>
  </message>
  <message>
   <source>3 Cluster</source>
   <translation>3 Regrouper</translation>
  </message>
  <message>
   <source>unsupervised classification</source>
   <translation>classification non supervisée</translation>
  </message>
  <message>
   <source>segmentation</source>
   <translation>segmentation</translation>
  </message>
  <message>
   <source>Group the cells of a raster, usually the features of an encoder, into clusters of places that look alike.</source>
   <translation>Réunit les cellules d'un raster, en général les descripteurs d'un encodeur, en groupes de lieux qui se ressemblent.</translation>
  </message>
  <message>
   <source>No labels are needed: what a cluster means is for you to say. Clusters that are alike get colours that are alike.</source>
   <translation>Aucune étiquette n'est nécessaire : c'est à vous de dire ce que veut dire un groupe. Les groupes qui se ressemblent ont des couleurs qui se ressemblent.</translation>
  </message>
  <message>
   <source>Affinity propagation: cells choose among themselves those that stand for others; finds the number of clusters itself.</source>
   <translation>Propagation d'affinité : les cellules choisissent entre elles celles qui en représentent d'autres ; trouve elle-même le nombre de groupes.</translation>
  </message>
  <message>
   <source>Each cluster has a cell that stands for it. Compares all cells of its sample with each other, so that this must be small: every other cell gets the cluster of the nearest of those that stand for others.</source>
   <translation>Chaque groupe a une cellule qui le représente. Toutes les cellules de l'échantillon sont comparées entre elles, il doit donc être petit : toute autre cellule reçoit le groupe de la plus proche de celles qui en représentent d'autres.</translation>
  </message>
  <message>
   <source>Features from *Encode*, or any other raster.</source>
   <translation>Descripteurs produits par *Encoder une image*, ou tout autre raster.</translation>
  </message>
  <message>
   <source>Empty: all bands but transparency.</source>
   <translation>Vide : toutes les bandes sauf la transparence.</translation>
  </message>
  <message>
   <source>standardise: all bands count alike. centre: bands with a wide range count more. unit length: only the direction of a cell's features counts, as in cosine similarity. auto: what suits the method.</source>
   <translation>standardise : toutes les bandes comptent autant. centre : les bandes de grande étendue comptent plus. unit length : seule compte la direction des descripteurs d'une cellule, comme dans la similarité cosinus. auto : ce qui convient à la méthode.</translation>
  </message>
  <message>
   <source>Compress first to</source>
   <translation>Compresser d'abord à</translation>
  </message>
  <message>
   <source>Principal components that the method is given instead of all bands: faster, less noise. Empty: what suits the method.</source>
   <translation>Composantes principales que la méthode reçoit au lieu de toutes les bandes : plus rapide, moins de bruit. Vide : ce qui convient à la méthode.</translation>
  </message>
  <message>
   <source>components</source>
   <translation>composantes</translation>
  </message>
  <message>
   <source>Cells to fit on</source>
   <translation>Cellules pour l'ajustement</translation>
  </message>
  <message>
   <source>Drawn from all over the raster. Empty: what suits the method.</source>
   <translation>Tirées de tout le raster. Vide : ce qui convient à la méthode.</translation>
  </message>
  <message>
   <source>Readiness</source>
   <translation>Disposition</translation>
  </message>
  <message>
   <source>To stand for others, between the least (0) and the middle (100) of all similarities. More: more clusters. Below 0: fewer still.</source>
   <translation>À en représenter d'autres, entre la plus petite (0) et la médiane (100) de toutes les similarités. Plus : davantage de groupes. Au-dessous de 0 : encore moins.</translation>
  </message>
  <message>
   <source>Damping</source>
   <translation>Amortissement</translation>
  </message>
  <message>
   <source>Higher where the method does not come to rest.</source>
   <translation>Plus élevé si la méthode ne se stabilise pas.</translation>
  </message>
  <message>
   <source>Rounds at most</source>
   <translation>Passages au plus</translation>
  </message>
  <message>
   <source>More where the method does not come to rest.</source>
   <translation>Davantage si la méthode ne se stabilise pas.</translation>
  </message>
  <message>
   <source>Clusters</source>
   <translation>Groupes</translation>
  </message>
  <message>
   <source>Clusters as polygons</source>
   <translation>Groupes en polygones</translation>
  </message>
  <message>
   <source>Neighbouring cells of one cluster become one polygon.</source>
   <translation>Les cellules voisines d'un même groupe deviennent un polygone.</translation>
  </message>
  <message>
   <source>Cells and area of every cluster, true on the ground and as on the map.</source>
   <translation>Cellules et surface de chaque groupe, vraie au sol et telle que sur la carte.</translation>
  </message>
  <message>
   <source>To find the same clusters in other rasters, with *Apply a model*.</source>
   <translation>Pour retrouver les mêmes groupes dans d'autres rasters, avec *Appliquer un modèle*.</translation>
  </message>
  <message>
   <source>What was done, with plots.</source>
   <translation>Ce qui a été fait, avec des graphiques.</translation>
  </message>
  <message>
   <source>Cluster: agglomerative</source>
   <translation>Regrouper : agglomératif</translation>
  </message>
  <message>
   <source>Agglomerative clustering: joins the two clusters that are closest, again and again, from single cells upwards.</source>
   <translation>Regroupement agglomératif : réunit les deux groupes les plus proches, encore et encore, à partir des cellules isolées.</translation>
  </message>
  <message>
   <source>Ward's linkage gives compact clusters like those of k-means, single linkage follows chains. Compares all cells of its sample with each other, so that this must be small: every other cell gets the cluster of the nearest of them.</source>
   <translation>Le lien de Ward donne des groupes compacts comme ceux des k-moyennes, le lien simple suit des chaînes. Toutes les cellules de l'échantillon sont comparées entre elles, il doit donc être petit : toute autre cellule reçoit le groupe de la plus proche d'entre elles.</translation>
  </message>
  <message>
   <source>Number of clusters</source>
   <translation>Nombre de groupes</translation>
  </message>
  <message>
   <source>The most to try where a score chooses.</source>
   <translation>Le plus grand nombre à essayer lorsqu'un score choisit.</translation>
  </message>
  <message>
   <source>Choose the number by</source>
   <translation>Choisir le nombre par</translation>
  </message>
  <message>
   <source>given: as many as asked for. Otherwise the best of 2 to that many, with the curve in the report.</source>
   <translation>given : autant que demandé. Sinon, le meilleur nombre de 2 à celui-là, avec la courbe dans le rapport.</translation>
  </message>
  <message>
   <source>Linkage</source>
   <translation>Lien</translation>
  </message>
  <message>
   <source>What counts as the distance of two clusters. ward: what joining adds to the spread. average, complete, single: the mean, the largest, the smallest distance of their cells.</source>
   <translation>Ce qui compte comme distance de deux groupes. ward : ce que leur réunion ajoute à la dispersion. average, complete, single : la distance moyenne, la plus grande, la plus petite de leurs cellules.</translation>
  </message>
  <message>
   <source>Cluster: Birch</source>
   <translation>Regrouper : Birch</translation>
  </message>
  <message>
   <source>Birch: gathers cells into many small balls first, then joins the balls into as many clusters as asked for.</source>
   <translation>Birch : rassemble d'abord les cellules en de nombreuses petites boules, puis réunit ces boules en autant de groupes que demandé.</translation>
  </message>
  <message>
   <source>Joins balls as agglomerative clustering joins cells, but sees many more of them. Fast. A cell gets the cluster of the nearest ball.</source>
   <translation>Réunit des boules comme le regroupement agglomératif réunit des cellules, mais voit bien plus de cellules. Rapide. Une cellule reçoit le groupe de la boule la plus proche.</translation>
  </message>
  <message>
   <source>How many the balls are joined into.</source>
   <translation>En combien de groupes les boules sont réunies.</translation>
  </message>
  <message>
   <source>Radius of the balls</source>
   <translation>Rayon des boules</translation>
  </message>
  <message>
   <source>In scaled features. Empty: found by trying, so that there are at most 2000 balls; the log tells it.</source>
   <translation>En descripteurs mis à l'échelle. Vide : trouvé par essais, pour qu'il y ait au plus 2000 boules ; le journal le dit.</translation>
  </message>
  <message>
   <source>Cluster: bisecting k-means</source>
   <translation>Regrouper : k-moyennes bissectives</translation>
  </message>
  <message>
   <source>Bisecting k-means: one cluster is divided in two, then another, until there are as many as asked for.</source>
   <translation>K-moyennes bissectives : un groupe est divisé en deux, puis un autre, jusqu'à ce qu'il y en ait autant que demandé.</translation>
  </message>
  <message>
   <source>The clusters of a run with more of them lie within those of a run with fewer, so that a coarse map and a fine one agree. Fast, also for hundreds of clusters; clusters come out more even in size than with k-means.</source>
   <translation>Les groupes d'une exécution qui en demande plus sont contenus dans ceux d'une exécution qui en demande moins : une carte grossière et une carte fine concordent. Rapide, même pour des centaines de groupes ; les groupes sont de tailles plus égales qu'avec les k-moyennes.</translation>
  </message>
  <message>
   <source>Divide next</source>
   <translation>Diviser ensuite</translation>
  </message>
  <message>
   <source>widest: the cluster whose cells lie farthest from their mean, all in all. largest: the one with most cells.</source>
   <translation>widest : le groupe dont les cellules sont, au total, les plus éloignées de leur moyenne. largest : celui qui a le plus de cellules.</translation>
  </message>
  <message>
   <source>Starts</source>
   <translation>Départs</translation>
  </message>
  <message>
   <source>Runs of each division from other first means, of which the best counts.</source>
   <translation>Essais de chaque division à partir d'autres premières moyennes, dont le meilleur compte.</translation>
  </message>
  <message>
   <source>Cluster: DBSCAN</source>
   <translation>Regrouper : DBSCAN</translation>
  </message>
  <message>
   <source>DBSCAN: cells that hang together at one distance make a cluster; what has too few neighbours there is noise.</source>
   <translation>DBSCAN : les cellules qui se tiennent à une distance donnée forment un groupe ; ce qui a trop peu de voisins à cette distance est du bruit.</translation>
  </message>
  <message>
   <source>One density for the whole raster: HDBSCAN, which needs no distance, is mostly the better choice. Fitted on a sample: any other cell belongs to the cluster of the nearest dense cell of the sample within the distance, or is noise.</source>
   <translation>Une seule densité pour tout le raster : HDBSCAN, qui n'a pas besoin de distance, est le plus souvent le meilleur choix. Ajusté sur un échantillon : toute autre cellule appartient au groupe de la plus proche cellule dense de l'échantillon à cette distance au plus, ou est du bruit.</translation>
  </message>
  <message>
   <source>Distance</source>
   <translation>Distance</translation>
  </message>
  <message>
   <source>Between neighbours, in scaled features. Empty: the knee of the sorted distances to the last neighbour; the log tells it.</source>
   <translation>Entre voisins, en descripteurs mis à l'échelle. Vide : le coude des distances triées au dernier voisin ; le journal la dit.</translation>
  </message>
  <message>
   <source>Neighbours</source>
   <translation>Voisins</translation>
  </message>
  <message>
   <source>Cells of the sample within the distance that make a place dense.</source>
   <translation>Cellules de l'échantillon, à cette distance au plus, qui rendent un lieu dense.</translation>
  </message>
  <message>
   <source>Cluster: Gaussian mixture</source>
   <translation>Regrouper : mélange gaussien</translation>
  </message>
  <message>
   <source>Gaussian mixture: clusters of any size and stretched in any direction, and how sure each cell belongs to its own.</source>
   <translation>Mélange gaussien : des groupes de toute taille, étirés dans n'importe quelle direction, et avec quelle certitude chaque cellule appartient au sien.</translation>
  </message>
  <message>
   <source>A second band holds the strength: the probability, in percent, of the cluster that a cell is given. Low values show mixed cells and borders. The number of clusters can be left to the BIC, which weighs fit against number. Slower than k-means, mostly below a minute.</source>
   <translation>Une seconde bande contient la force : la probabilité, en pour cent, du groupe donné à une cellule. Les valeurs basses montrent les cellules mixtes et les limites. Le nombre de groupes peut être laissé au BIC, qui met en balance l'ajustement et le nombre. Plus lent que les k-moyennes, le plus souvent moins d'une minute.</translation>
  </message>
  <message>
   <source>Shape of clusters</source>
   <translation>Forme des groupes</translation>
  </message>
  <message>
   <source>any: stretched in any direction. The others need fewer cells: stretched along the principal components, round, or all of one shape.</source>
   <translation>any : étirés dans n'importe quelle direction. Les autres demandent moins de cellules : étirés le long des composantes principales, ronds, ou tous d'une même forme.</translation>
  </message>
  <message>
   <source>Runs from other first clusters, of which the best counts.</source>
   <translation>Essais à partir d'autres premiers groupes, dont le meilleur compte.</translation>
  </message>
  <message>
   <source>Cluster: HDBSCAN</source>
   <translation>Regrouper : HDBSCAN</translation>
  </message>
  <message>
   <source>HDBSCAN: clusters of any shape where cells lie dense, as many as there are; the rest is noise, a class of its own.</source>
   <translation>HDBSCAN : des groupes de toute forme là où les cellules sont denses, autant qu'il y en a ; le reste est du bruit, une classe à part.</translation>
  </message>
  <message>
   <source>Finds what stands out, and leaves out what lies between; on features of gradual landscapes much is noise. A second band holds the strength of the membership in percent. Fitted on a sample: all other cells get the cluster that the method would give them there.</source>
   <translation>Trouve ce qui se détache et écarte ce qui est entre les deux ; sur les descripteurs de paysages graduels, une grande part est du bruit. Une seconde bande contient la force de l'appartenance en pour cent. Ajusté sur un échantillon : toutes les autres cellules reçoivent le groupe que la méthode leur y donnerait.</translation>
  </message>
  <message>
   <source>Smallest cluster</source>
   <translation>Plus petit groupe</translation>
  </message>
  <message>
   <source>Smaller: more and finer clusters. Groups of fewer cells are noise.</source>
   <translation>Plus petit : des groupes plus nombreux et plus fins. Les ensembles de moins de cellules sont du bruit.</translation>
  </message>
  <message>
   <source>% of the cells</source>
   <translation>% des cellules</translation>
  </message>
  <message>
   <source>More: only denser places count, so that there is more noise.</source>
   <translation>Plus : seuls comptent des lieux plus denses, il y a donc plus de bruit.</translation>
  </message>
  <message>
   <source>Selection</source>
   <translation>Sélection</translation>
  </message>
  <message>
   <source>eom: the clusters that last longest as the density rises, large and small. leaf: the finest ones, with more noise.</source>
   <translation>eom : les groupes qui durent le plus longtemps quand la densité monte, grands et petits. leaf : les plus fins, avec plus de bruit.</translation>
  </message>
  <message>
   <source>Cluster: k-means</source>
   <translation>Regrouper : k-moyennes</translation>
  </message>
  <message>
   <source>K-means: as many clusters as asked for, each around its mean. Fast on any raster, the safe first choice.</source>
   <translation>K-moyennes : autant de groupes que demandé, chacun autour de sa moyenne. Rapide sur tout raster, le premier choix sûr.</translation>
  </message>
  <message>
   <source>Clusters come out about equally wide. The number of clusters can be left to a score: *silhouette* looks for clusters that keep apart, *elbow* for the number after which more of them gain little, *BIC* weighs fit against number.</source>
   <translation>Les groupes sont à peu près également larges. Leur nombre peut être laissé à un score : *silhouette* cherche des groupes bien séparés, *elbow* le nombre après lequel davantage de groupes apportent peu, *BIC* met en balance l'ajustement et le nombre.</translation>
  </message>
  <message>
   <source>Runs from other first means on a small part of the sample; the best goes on with all of it.</source>
   <translation>Essais à partir d'autres premières moyennes sur une petite partie de l'échantillon ; le meilleur continue avec l'échantillon entier.</translation>
  </message>
  <message>
   <source>Cluster: mean shift</source>
   <translation>Regrouper : mean shift</translation>
  </message>
  <message>
   <source>Mean shift: climbs to where cells lie densest; every peak is a cluster, as many as there are.</source>
   <translation>Mean shift : monte là où les cellules sont les plus denses ; chaque sommet est un groupe, autant qu'il y en a.</translation>
  </message>
  <message>
   <source>The width decides how many: the number of clusters is found, not asked for. Rare things far from everything else become clusters of their own. A cell gets the cluster of the nearest peak.</source>
   <translation>La largeur décide du nombre : le nombre de groupes est trouvé, non demandé. Les choses rares, éloignées de tout le reste, deviennent des groupes à part. Une cellule reçoit le groupe du sommet le plus proche.</translation>
  </message>
  <message>
   <source>Width</source>
   <translation>Largeur</translation>
  </message>
  <message>
   <source>Radius around a cell that counts, in scaled features: larger gives fewer clusters. Empty: from the distances between cells; the log tells it.</source>
   <translation>Rayon qui compte autour d'une cellule, en descripteurs mis à l'échelle : plus grand, il donne moins de groupes. Vide : d'après les distances entre cellules ; le journal le dit.</translation>
  </message>
  <message>
   <source>Leave out what is far from all peaks</source>
   <translation>Écarter ce qui est loin de tous les sommets</translation>
  </message>
  <message>
   <source>Cells farther than the width from every peak become noise, a class of its own.</source>
   <translation>Les cellules plus éloignées de chaque sommet que la largeur deviennent du bruit, une classe à part.</translation>
  </message>
  <message>
   <source>Cluster: OPTICS</source>
   <translation>Regrouper : OPTICS</translation>
  </message>
  <message>
   <source>OPTICS: orders cells by how dense they lie, and takes the valleys of that order as clusters; the rest is noise.</source>
   <translation>OPTICS : ordonne les cellules selon leur densité et prend les vallées de cet ordre comme groupes ; le reste est du bruit.</translation>
  </message>
  <message>
   <source>Finds clusters of different densities, small ones too. Slow, so it is fitted on few cells: every other cell gets the cluster, or the noise, of the nearest of them.</source>
   <translation>Trouve des groupes de densités différentes, même petits. Lent, donc ajusté sur peu de cellules : toute autre cellule reçoit le groupe, ou le bruit, de la plus proche d'entre elles.</translation>
  </message>
  <message>
   <source>More: smoother, fewer and larger clusters.</source>
   <translation>Plus : des groupes plus lisses, moins nombreux et plus grands.</translation>
  </message>
  <message>
   <source>Groups of fewer cells are noise.</source>
   <translation>Les ensembles de moins de cellules sont du bruit.</translation>
  </message>
  <message>
   <source>Steepness</source>
   <translation>Pente</translation>
  </message>
  <message>
   <source>How steep the density must fall at the border of a cluster. Smaller, where everything comes out as one cluster.</source>
   <translation>Avec quelle pente la densité doit tomber à la limite d'un groupe. Plus petite, si tout ne donne qu'un seul groupe.</translation>
  </message>
  <message>
   <source>Cluster: spectral</source>
   <translation>Regrouper : spectral</translation>
  </message>
  <message>
   <source>Spectral clustering: cuts the web of nearest neighbours where it is thinnest; follows clusters of any shape.</source>
   <translation>Regroupement spectral : coupe le réseau des plus proches voisins là où il est le plus mince ; suit des groupes de toute forme.</translation>
  </message>
  <message>
   <source>Every cell belongs to a cluster, also where they are bent or ring-shaped. Slow, so it is fitted on few cells: every other cell gets the cluster of the nearest of them.</source>
   <translation>Chaque cellule appartient à un groupe, même quand les groupes sont courbes ou en anneau. Lent, donc ajusté sur peu de cellules : toute autre cellule reçoit le groupe de la plus proche d'entre elles.</translation>
  </message>
  <message>
   <source>How many the web is cut into.</source>
   <translation>En combien de groupes le réseau est coupé.</translation>
  </message>
  <message>
   <source>In the web. More: broader bridges between clusters.</source>
   <translation>Dans le réseau. Plus : des ponts plus larges entre les groupes.</translation>
  </message>
  <message>
   <source>Compare encoders</source>
   <translation>Comparer des encodeurs</translation>
  </message>
  <message>
   <source>5 Map with labels</source>
   <translation>5 Cartographier avec des étiquettes</translation>
  </message>
  <message>
   <source>benchmark</source>
   <translation>banc d'essai</translation>
  </message>
  <message>
   <source>foundation model</source>
   <translation>modèle de fondation</translation>
  </message>
  <message>
   <source>accuracy</source>
   <translation>exactitude</translation>
  </message>
  <message>
   <source>Compare encoders on your own raster and labels: the same folds, the same method, one table.</source>
   <translation>Compare des encodeurs sur votre propre raster et vos étiquettes : les mêmes plis, la même méthode, un seul tableau.</translation>
  </message>
  <message>
   <source>Each encoder makes features of the raster; a method learns from the labels with each of them, and is checked on the same parts of the ground. The table tells accuracy with its interval, seconds and megabytes. *bands* is the raster itself and *bands 9x9* its mean and deviation in a window: an encoder that does no better is not worth its time.</source>
   <translation>Chaque encodeur tire des descripteurs du raster ; une méthode apprend des étiquettes avec chacun d'eux et est vérifiée sur les mêmes parties du terrain. Le tableau donne l'exactitude avec son intervalle, les secondes et les mégaoctets. *bands* est le raster lui-même et *bands 9x9* sa moyenne et son écart type dans une fenêtre : un encodeur qui ne fait pas mieux ne vaut pas le temps qu'il prend.</translation>
  </message>
  <message>
   <source>Encoders whose weights are not on disk are downloaded, if that is allowed.</source>
   <translation>Les encodeurs dont les poids ne sont pas sur le disque sont téléchargés, si c'est permis.</translation>
  </message>
  <message>
   <source>The image that is encoded.</source>
   <translation>L'image qui est encodée.</translation>
  </message>
  <message>
   <source>Labels</source>
   <translation>Étiquettes</translation>
  </message>
  <message>
   <source>Points, lines or polygons on what you know, in any CRS. Points count for their cell, lines for the cells they touch, polygons for the cells that they cover by half or more.</source>
   <translation>Des points, lignes ou polygones sur ce que vous connaissez, dans n'importe quel SCR. Un point vaut pour sa cellule, une ligne pour les cellules qu'elle touche, un polygone pour celles qu'il couvre au moins à moitié.</translation>
  </message>
  <message>
   <source>Column with classes or numbers</source>
   <translation>Colonne des classes ou des nombres</translation>
  </message>
  <message>
   <source>Names or numbers of classes; or the number to be mapped.</source>
   <translation>Noms ou numéros des classes ; ou le nombre à cartographier.</translation>
  </message>
  <message>
   <source>What to map</source>
   <translation>Que cartographier</translation>
  </message>
  <message>
   <source>classes: kinds of places, from a column of names or whole numbers. numbers: amounts, such as heights or shares.</source>
   <translation>classes : des sortes de lieux, d'après une colonne de noms ou de nombres entiers. numbers : des quantités, comme des hauteurs ou des parts.</translation>
  </message>
  <message>
   <source>Other rasters of the same place, stacked with the features of every encoder that is compared.</source>
   <translation>D'autres rasters du même lieu, empilés avec les descripteurs de chaque encodeur comparé.</translation>
  </message>
  <message>
   <source>More layers of labels</source>
   <translation>Autres couches d'étiquettes</translation>
  </message>
  <message>
   <source>With a column of the same name. Each counts where it lies.</source>
   <translation>Avec une colonne du même nom. Chacune compte là où elle se trouve.</translation>
  </message>
  <message>
   <source>Raster of labels</source>
   <translation>Raster d'étiquettes</translation>
  </message>
  <message>
   <source>In place of a layer, or beside it: classes or numbers as values of its first band, in any CRS. Nodata is no label.</source>
   <translation>À la place d'une couche, ou en plus : les classes ou les nombres sont les valeurs de sa première bande, dans n'importe quel SCR. L'absence de donnée n'est pas une étiquette.</translation>
  </message>
  <message>
   <source>Values that are no label</source>
   <translation>Valeurs qui ne sont pas des étiquettes</translation>
  </message>
  <message>
   <source>Such as 0 or unknown, with commas between them. Rows with an empty column never are labels.</source>
   <translation>Par exemple 0 ou inconnu, séparées par des virgules. Les lignes où la colonne est vide ne sont jamais des étiquettes.</translation>
  </message>
  <message>
   <source>Cover of a labelled cell</source>
   <translation>Couverture d'une cellule étiquetée</translation>
  </message>
  <message>
   <source>Polygons label the cells that they cover by this much. One that covers no cell so far labels the one that it covers most.</source>
   <translation>Un polygone étiquette les cellules qu'il couvre au moins autant. S'il n'en couvre aucune à ce point, il étiquette celle qu'il couvre le plus.</translation>
  </message>
  <message>
   <source>Cells of a polygon or line at most</source>
   <translation>Cellules par polygone ou ligne au plus</translation>
  </message>
  <message>
   <source>Drawn evenly, so that a large one does not drown the others.</source>
   <translation>Tirées uniformément, pour qu'un grand objet ne noie pas les autres.</translation>
  </message>
  <message>
   <source>Cells of a class at most</source>
   <translation>Cellules par classe au plus</translation>
  </message>
  <message>
   <source>Drawn evenly from all there are. Numbers: ten times as many in all.</source>
   <translation>Tirées uniformément parmi toutes. Pour des nombres : dix fois plus en tout.</translation>
  </message>
  <message>
   <source>Classes count alike</source>
   <translation>Classes à égalité</translation>
  </message>
  <message>
   <source>A class of few labels weighs as much as one of many. Otherwise the map leans towards classes of many labels.</source>
   <translation>Une classe qui a peu d'étiquettes pèse autant qu'une classe qui en a beaucoup. Sinon, la carte penche vers les classes aux nombreuses étiquettes.</translation>
  </message>
  <message>
   <source>Check by</source>
   <translation>Vérifier par</translation>
  </message>
  <message>
   <source>Take blocks unless you know why not. blocks: spatial blocks are held out in turn, which tells how good a map is where there are no labels. random: single points, lines or polygons are held out, which flatters, for their neighbours stay. column: what has the same value in *Column with folds*.</source>
   <translation>Prenez blocks, à moins de savoir pourquoi non. blocks : des blocs spatiaux sont mis de côté tour à tour, ce qui dit combien une carte est bonne là où il n'y a pas d'étiquettes. random : des points, lignes ou polygones isolés sont mis de côté, ce qui flatte, car leurs voisins restent. column : ce qui a la même valeur dans *Colonne des plis*.</translation>
  </message>
  <message>
   <source>Folds</source>
   <translation>Plis</translation>
  </message>
  <message>
   <source>Parts that are held out in turn; for blocks and random.</source>
   <translation>Parties mises de côté tour à tour ; pour blocks et random.</translation>
  </message>
  <message>
   <source>Size of a block</source>
   <translation>Taille d'un bloc</translation>
  </message>
  <message>
   <source>Empty: the distance up to which features are alike, from their variogram. In cells where the raster has no CRS.</source>
   <translation>Vide : la distance jusqu'à laquelle les descripteurs se ressemblent, d'après leur variogramme. En cellules si le raster n'a pas de SCR.</translation>
  </message>
  <message>
   <source>m</source>
   <translation>m</translation>
  </message>
  <message>
   <source>Column with folds</source>
   <translation>Colonne des plis</translation>
  </message>
  <message>
   <source>Points, lines or polygons of one value are held out together. Those without a value go with the nearest that has one.</source>
   <translation>Les points, lignes ou polygones d'une même valeur sont mis de côté ensemble. Ceux qui n'ont pas de valeur vont avec le plus proche qui en a une.</translation>
  </message>
  <message>
   <source>Encoders</source>
   <translation>Encodeurs</translation>
  </message>
  <message>
   <source>Names as in *Encode*, with commas between them. *bands*: the raster itself, pixel by pixel. *bands 9x9*: its mean and deviation in so many pixels. *timm:NAME*: any model of timm. Behind a name, *@int8* or *@bfloat16* tells the precision. *none*: only features that are there.</source>
   <translation>Noms comme dans *Encoder une image*, séparés par des virgules. *bands* : le raster lui-même, pixel par pixel. *bands 9x9* : sa moyenne et son écart type sur autant de pixels. *timm:NOM* : tout modèle de timm. Après un nom, *@int8* ou *@bfloat16* indique la précision. *none* : seulement les descripteurs existants.</translation>
  </message>
  <message>
   <source>Features that are there</source>
   <translation>Descripteurs existants</translation>
  </message>
  <message>
   <source>Rasters that *Encode* has made of the same place: they are compared, too.</source>
   <translation>Des rasters du même lieu produits par *Encoder une image* : ils sont comparés aussi.</translation>
  </message>
  <message>
   <source>Method</source>
   <translation>Méthode</translation>
  </message>
  <message>
   <source>What learns from the labels, with its usual settings.</source>
   <translation>Ce qui apprend des étiquettes, avec ses réglages habituels.</translation>
  </message>
  <message>
   <source>Download missing weights</source>
   <translation>Télécharger les poids manquants</translation>
  </message>
  <message>
   <source>Size and licence are told in the log, before it starts.</source>
   <translation>La taille et la licence sont indiquées dans le journal, avant que le téléchargement commence.</translation>
  </message>
  <message>
   <source>Processor threads</source>
   <translation>Fils d'exécution du processeur</translation>
  </message>
  <message>
   <source>Empty: all cores.</source>
   <translation>Vide : tous les cœurs.</translation>
  </message>
  <message>
   <source>Table and plot.</source>
   <translation>Tableau et graphique.</translation>
  </message>
  <message>
   <source>Figures</source>
   <translation>Chiffres</translation>
  </message>
  <message>
   <source>What the report tells, as a table.</source>
   <translation>Ce que dit le rapport, en tableau.</translation>
  </message>
  <message>
   <source>Compare precisions</source>
   <translation>Comparer des précisions</translation>
  </message>
  <message>
   <source>1 Encode</source>
   <translation>1 Encoder</translation>
  </message>
  <message>
   <source>quantization</source>
   <translation>quantification</translation>
  </message>
  <message>
   <source>int8</source>
   <translation>int8</translation>
  </message>
  <message>
   <source>bfloat16</source>
   <translation>bfloat16</translation>
  </message>
  <message>
   <source>speed</source>
   <translation>vitesse</translation>
  </message>
  <message>
   <source>OpenVINO</source>
   <translation>OpenVINO</translation>
  </message>
  <message>
   <source>Compare precisions and backends of the computation on your own raster and computer: how fast, and how true, each is.</source>
   <translation>Comparer les précisions et les moteurs de calcul sur votre propre raster et votre ordinateur : la rapidité et la fidélité de chacun.</translation>
  </message>
  <message>
   <source>The same tiles are encoded in each precision by each backend there is. The table tells tiles a second, how close the features are to those of torch in float32, and whether clusters and neighbours stay the same. With labels, it tells what a map that is learnt from them gains or loses. It also tells what the number formats of the result save and lose.</source>
   <translation>Les mêmes tuiles sont encodées dans chaque précision par chaque moteur disponible. Le tableau donne les tuiles par seconde, combien les descripteurs sont proches de ceux de torch en float32, et si les groupes et les voisins restent les mêmes. Avec des étiquettes, il dit ce qu'une carte qui en est apprise gagne ou perd. Il dit aussi ce que les formats des nombres du résultat économisent et perdent.</translation>
  </message>
  <message>
   <source>The image whose tiles are encoded.</source>
   <translation>L'image dont les tuiles sont encodées.</translation>
  </message>
  <message>
   <source>In the encoder's order. Empty: all but transparency.</source>
   <translation>Dans l'ordre de l'encodeur. Vide : toutes sauf la transparence.</translation>
  </message>
  <message>
   <source>Encoder</source>
   <translation>Encodeur</translation>
  </message>
  <message>
   <source>Whose precisions are compared.</source>
   <translation>Celui dont les précisions sont comparées.</translation>
  </message>
  <message>
   <source>Tiles of this part of the raster only. Empty: all of it.</source>
   <translation>Seulement des tuiles de cette partie du raster. Vide : tout le raster.</translation>
  </message>
  <message>
   <source>Name of a timm model</source>
   <translation>Nom d'un modèle timm</translation>
  </message>
  <message>
   <source>For the encoder *timm model by name*: for example resnet50.a1_in1k.</source>
   <translation>Pour l'encodeur *timm model by name* : par exemple resnet50.a1_in1k.</translation>
  </message>
  <message>
   <source>Own weights</source>
   <translation>Poids personnels</translation>
  </message>
  <message>
   <source>Weights from a file or folder instead of the published ones.</source>
   <translation>Des poids venant d'un fichier ou d'un dossier, à la place des poids publiés.</translation>
  </message>
  <message>
   <source>Weights</source>
   <translation>Poids</translation>
  </message>
  <message>
   <source>Features of MOSAIKS</source>
   <translation>Descripteurs de MOSAIKS</translation>
  </message>
  <message>
   <source>Tile size</source>
   <translation>Taille des tuiles</translation>
  </message>
  <message>
   <source>Empty: the encoder's own.</source>
   <translation>Vide : celle de l'encodeur.</translation>
  </message>
  <message>
   <source>pixels</source>
   <translation>pixels</translation>
  </message>
  <message>
   <source>Points, lines or polygons on what you know. With them, a map is learnt from the features of each precision, and checked on blocks of the ground that were held out.</source>
   <translation>Des points, lignes ou polygones sur ce que vous connaissez. Avec eux, une carte est apprise des descripteurs de chaque précision et vérifiée sur des blocs du terrain mis de côté.</translation>
  </message>
  <message>
   <source>Column with classes</source>
   <translation>Colonne des classes</translation>
  </message>
  <message>
   <source>Names or numbers of classes.</source>
   <translation>Noms ou numéros des classes.</translation>
  </message>
  <message>
   <source>Number of tiles</source>
   <translation>Nombre de tuiles</translation>
  </message>
  <message>
   <source>From all over the raster. More of them: surer figures, more time.</source>
   <translation>De tout le raster. Plus de tuiles : des chiffres plus sûrs, plus de temps.</translation>
  </message>
  <message>
   <source>Whether k-means finds the same clusters in the features of each precision.</source>
   <translation>Si k-means trouve les mêmes groupes dans les descripteurs de chaque précision.</translation>
  </message>
  <message>
   <source>How many of the cells most similar to each cell are looked for again in each precision.</source>
   <translation>Combien de cellules les plus semblables à chaque cellule sont recherchées dans chaque précision.</translation>
  </message>
  <message>
   <source>Encode</source>
   <translation>Encoder une image</translation>
  </message>
  <message>
   <source>vision transformer</source>
   <translation>transformeur de vision</translation>
  </message>
  <message>
   <source>deep learning</source>
   <translation>apprentissage profond</translation>
  </message>
  <message>
   <source>DINO</source>
   <translation>DINO</translation>
  </message>
  <message>
   <source>Turn a raster into features with a pre-trained encoder.</source>
   <translation>Transforme un raster en descripteurs à l'aide d'un encodeur pré-entraîné.</translation>
  </message>
  <message>
   <source>The encoder looks at the raster tile by tile and describes every patch of it by some hundred numbers: the features. Places that look alike get features that are alike, so that the result can be reduced to a picture, clustered, searched and classified with few labels. One band of the result is one feature; one cell of it is one patch of the raster.</source>
   <translation>L'encodeur parcourt le raster tuile par tuile et décrit chaque imagette par quelques centaines de nombres : les descripteurs. Des lieux qui se ressemblent reçoivent des descripteurs semblables ; le résultat peut donc être réduit à une image, partitionné, interrogé par similarité et classé avec peu d'exemples. Une bande du résultat est un descripteur ; une de ses cellules est une imagette du raster.</translation>
  </message>
  <message>
   <source>MOSAIKS needs no download and takes any bands. The others know more about the world, and download their weights once: most want red, green and blue, those made for satellites the bands of their sensor, or any bands with their wavelengths.</source>
   <translation>MOSAIKS ne télécharge rien et accepte toutes les bandes. Les autres en savent davantage sur le monde et téléchargent leurs poids une seule fois : la plupart demandent le rouge, le vert et le bleu, ceux faits pour les satellites les bandes de leur capteur, ou n'importe quelles bandes avec leurs longueurs d'onde.</translation>
  </message>
  <message>
   <source>The image to encode: any raster file, in any CRS.</source>
   <translation>L'image à encoder : tout fichier raster, dans n'importe quel SCR.</translation>
  </message>
  <message>
   <source>In the encoder's order, usually red, green, blue. Empty: all bands but transparency.</source>
   <translation>Dans l'ordre de l'encodeur, en général rouge, vert, bleu. Vide : toutes les bandes sauf la transparence.</translation>
  </message>
  <message>
   <source>For photos, those made from photos, such as DINOv2. For a satellite, those with its name. For any other bands, MOSAIKS, or DOFA where wavelengths are known. Size, licence and origin of each are listed below.</source>
   <translation>Pour des photos, ceux appris sur des photos, comme DINOv2. Pour un satellite, ceux qui portent son nom. Pour toutes autres bandes, MOSAIKS, ou DOFA si les longueurs d'onde sont connues. La taille, la licence et l'origine de chacun sont listées plus bas.</translation>
  </message>
  <message>
   <source>Only this part of the raster, enlarged to whole feature cells. Empty: all of it.</source>
   <translation>Seulement cette partie du raster, agrandie à des cellules entières. Vide : tout le raster.</translation>
  </message>
  <message>
   <source>Sensor</source>
   <translation>Capteur</translation>
  </message>
  <message>
   <source>What took the image: it says wavelengths and units of the bands. auto: recognised from names of bands, metadata or the file's name, and told in the log.</source>
   <translation>Ce qui a pris l'image : il indique les longueurs d'onde et les unités des bandes. auto : reconnu d'après les noms des bandes, les métadonnées ou le nom du fichier, et indiqué dans le journal.</translation>
  </message>
  <message>
   <source>Wavelengths of the bands</source>
   <translation>Longueurs d'onde des bandes</translation>
  </message>
  <message>
   <source>In micrometres, in the order of the bands, separated by commas, VV, VH, HH or HV for radar; for example 0.665, 0.56, 0.49. They tell any encoder which band is which; those that take any bands by their wavelength, such as DOFA, need them. Empty: as the raster's metadata tell.</source>
   <translation>En micromètres, dans l'ordre des bandes, séparées par des virgules, VV, VH, HH ou HV pour le radar ; par exemple 0.665, 0.56, 0.49. Elles disent à tout encodeur quelle bande est laquelle ; ceux qui prennent n'importe quelles bandes par leur longueur d'onde, comme DOFA, en ont besoin. Vide : d'après les métadonnées du raster.</translation>
  </message>
  <message>
   <source>Unit of the values</source>
   <translation>Unité des valeurs</translation>
  </message>
  <message>
   <source>What the numbers of the raster are. auto: as the sensor, the metadata and the values themselves tell; told in the log.</source>
   <translation>Ce que sont les nombres du raster. auto : d'après le capteur, les métadonnées et les valeurs elles-mêmes ; indiqué dans le journal.</translation>
  </message>
  <message>
   <source>Months of the dates</source>
   <translation>Mois des dates</translation>
  </message>
  <message>
   <source>For encoders that know the seasons, Presto and Galileo: the month of each date in the raster, such as 6, or 3, 6, 9, or 11-2. All bands of a date in the encoder's order, then those of the next. Empty: one date, in June.</source>
   <translation>Pour les encodeurs qui connaissent les saisons, Presto et Galileo : le mois de chaque date du raster, comme 6, ou 3, 6, 9, ou 11-2. Toutes les bandes d'une date dans l'ordre de l'encodeur, puis celles de la suivante. Vide : une seule date, en juin.</translation>
  </message>
  <message>
   <source>Fit bands to the encoder</source>
   <translation>Adapter les bandes à l'encodeur</translation>
  </message>
  <message>
   <source>by wavelength: the encoder's bands are looked for among the raster's. principal components: three of the whole raster stand for red, green and blue. weights …: all bands are used, and the encoder's first weights are spread over them. auto: as given where the numbers of bands agree, else by wavelength.</source>
   <translation>by wavelength : les bandes de l'encodeur sont cherchées parmi celles du raster. principal components : trois composantes de tout le raster tiennent lieu de rouge, vert et bleu. weights … : toutes les bandes servent, et les premiers poids de l'encodeur sont répartis sur elles. auto : telles quelles si les nombres de bandes concordent, sinon par longueur d'onde.</translation>
  </message>
  <message>
   <source>Elevation as</source>
   <translation>Élévation sous forme de</translation>
  </message>
  <message>
   <source>For a raster of heights: three derivatives as red, green and blue, where encoders of photos see shapes they know.</source>
   <translation>Pour un raster de hauteurs : trois grandeurs dérivées en rouge, vert et bleu, où les encodeurs de photos voient des formes qu'ils connaissent.</translation>
  </message>
  <message>
   <source>Normalisation</source>
   <translation>Normalisation</translation>
  </message>
  <message>
   <source>encoder: the constants it was trained with, for 8-bit images and for the units of its sensor. raster: mean and deviation of the whole raster. stretch: the 2nd to the 98th percentile of each band as 0 to 255, as pictures are made, then the encoder's constants. auto: encoder where the values are of its kind, else raster.</source>
   <translation>encoder : les constantes de son entraînement, pour les images 8 bits et pour les unités de son capteur. raster : moyenne et écart type de tout le raster. stretch : du 2e au 98e centile de chaque bande, étiré de 0 à 255 comme pour une image à l'écran, puis les constantes de l'encodeur. auto : encoder si les valeurs sont de la sorte qu'il connaît, raster sinon.</translation>
  </message>
  <message>
   <source>A file (.safetensors, .pth, .pt) or a hub-style folder (config.json + weights) instead of the published ones. For MOSAIKS: features of another raster, to encode this one alike.</source>
   <translation>Un fichier (.safetensors, .pth, .pt) ou un dossier comme ceux d'un hub (config.json + poids) à la place des poids publiés. Pour MOSAIKS : les descripteurs d'un autre raster, pour encoder celui-ci de la même façon.</translation>
  </message>
  <message>
   <source>Size and licence stand in the list of encoders, and are told in the log before it starts.</source>
   <translation>La taille et la licence figurent dans la liste des encodeurs, et sont dites dans le journal avant le début.</translation>
  </message>
  <message>
   <source>Side of the square the encoder sees at once, a multiple of its patch. Empty: the encoder's own.</source>
   <translation>Côté du carré que l'encodeur voit d'un coup, multiple de la taille de ses imagettes. Vide : celle de l'encodeur.</translation>
  </message>
  <message>
   <source>Overlap of tiles</source>
   <translation>Recouvrement des tuiles</translation>
  </message>
  <message>
   <source>Rounded to whole cells. More overlap: fewer seams, more time (25 %: about twice the time of 0 %).</source>
   <translation>Arrondi à des cellules entières. Plus de recouvrement : moins de raccords visibles, plus de temps (25 % : environ le double du temps de 0 %).</translation>
  </message>
  <message>
   <source>Blending of overlaps</source>
   <translation>Fusion des recouvrements</translation>
  </message>
  <message>
   <source>window: raised-cosine weights, smoothest. central crop: each cell from the tile it is most central in. none: from the first tile.</source>
   <translation>window : pondération en cosinus surélevé, le plus lisse. central crop : chaque cellule vient de la tuile où elle est la plus centrale. none : de la première tuile.</translation>
  </message>
  <message>
   <source>Position bias</source>
   <translation>Biais de position</translation>
  </message>
  <message>
   <source>What features tell of the place within the tile instead of the ground: it shows as stripes and grids. remove: the mean of each place over many tiles is taken off. auto: where that helps, as measured on this raster. It takes an eighth more tiles at most, up to 48, and with shifted grids 16 besides. auto changes nothing with fewer than eight tiles of data, nor for encoders without weights, such as MOSAIKS.</source>
   <translation>Ce que les descripteurs disent de la place dans la tuile au lieu du sol : cela se voit comme des bandes et des grilles. remove : la moyenne de chaque place sur de nombreuses tuiles est retirée. auto : là où cela aide, mesuré sur ce raster. Cela prend au plus un huitième de tuiles en plus, 48 au maximum, et 16 encore avec des grilles décalées. auto ne change rien avec moins de huit tuiles de données, ni pour les encodeurs sans poids, comme MOSAIKS.</translation>
  </message>
  <message>
   <source>Finer grid</source>
   <translation>Grille plus fine</translation>
  </message>
  <message>
   <source>A feature cell covers fewer pixels: 2 gives four times the cells in four times the time.</source>
   <translation>Une cellule couvre moins de pixels : 2 donne quatre fois plus de cellules en quatre fois plus de temps.</translation>
  </message>
  <message>
   <source>times</source>
   <translation>fois</translation>
  </message>
  <message>
   <source>Finer grid by</source>
   <translation>Grille plus fine par</translation>
  </message>
  <message>
   <source>enlarged image: the encoder sees smaller things, and a smaller part of the land at once. shifted grids: it sees the image as it is, several times, each time shifted by a part of a patch. Whole numbers only.</source>
   <translation>enlarged image : l'encodeur voit des choses plus petites, et une plus petite partie du terrain d'un coup. shifted grids : il voit l'image telle quelle, plusieurs fois, décalée chaque fois d'une fraction d'imagette. Nombres entiers seulement.</translation>
  </message>
  <message>
   <source>Reproject to</source>
   <translation>Reprojeter vers</translation>
  </message>
  <message>
   <source>Encode in this CRS instead of the raster's own (bilinear resampling).</source>
   <translation>Encode dans ce SCR au lieu de celui du raster (rééchantillonnage bilinéaire).</translation>
  </message>
  <message>
   <source>Resample to pixel size</source>
   <translation>Rééchantillonner à la taille de pixel</translation>
  </message>
  <message>
   <source>Empty: the raster's own pixels.</source>
   <translation>Vide : les pixels du raster.</translation>
  </message>
  <message>
   <source>units of the CRS</source>
   <translation>unités du SCR</translation>
  </message>
  <message>
   <source>Least valid share of a cell</source>
   <translation>Part valide minimale d'une cellule</translation>
  </message>
  <message>
   <source>Cells with less valid data than this become nodata.</source>
   <translation>Les cellules qui ont moins de données valides deviennent sans donnée.</translation>
  </message>
  <message>
   <source>Layers</source>
   <translation>Couches</translation>
  </message>
  <message>
   <source>Numbers of the blocks or stages whose features are wanted, separated by commas; -1 is the last, -2 the one before it. Several are put behind one another, on the finest of their grids. Empty: what suits the encoder.</source>
   <translation>Numéros des blocs ou des étages dont on veut les descripteurs, séparés par des virgules ; -1 est le dernier, -2 l'avant-dernier. S'il y en a plusieurs, ils sont mis à la suite, sur la plus fine de leurs grilles. Vide : ce qui convient à l'encodeur.</translation>
  </message>
  <message>
   <source>Several layers</source>
   <translation>Plusieurs couches</translation>
  </message>
  <message>
   <source>side by side: all their features, as many times more. averaged: as many features as one layer has; for layers of the same size only.</source>
   <translation>side by side : tous leurs descripteurs, autant de fois plus nombreux. averaged : autant de descripteurs qu'en a une seule couche ; pour des couches de même taille seulement.</translation>
  </message>
  <message>
   <source>Final normalisation</source>
   <translation>Normalisation finale</translation>
  </message>
  <message>
   <source>Features as the network hands them to what it was trained for. Without: as the layer itself gives them, where some features may outweigh all others.</source>
   <translation>Les descripteurs tels que le réseau les transmet à ce pour quoi il a été entraîné. Sans elle : tels que la couche elle-même les donne, où certains descripteurs peuvent l'emporter sur tous les autres.</translation>
  </message>
  <message>
   <source>Add the context of the tile</source>
   <translation>Ajouter le contexte de la tuile</translation>
  </message>
  <message>
   <source>Transformers sum up each tile in one token: its features are added behind those of every cell of the tile. Encoders that have no such token add the mean of the tile's features. Twice as many features.</source>
   <translation>Les transformeurs résument chaque tuile en un jeton : ses descripteurs sont ajoutés à ceux de chaque cellule de la tuile. Les encodeurs sans ce jeton ajoutent la moyenne des descripteurs de la tuile. Deux fois plus de descripteurs.</translation>
  </message>
  <message>
   <source>Number format</source>
   <translation>Format des nombres</translation>
  </message>
  <message>
   <source>int16: half the size, keeps about what float16 keeps. int8: a quarter, coarse. Both with scale and offset in the file.</source>
   <translation>int16 : moitié moins de place, à peu près la précision de float16. int8 : un quart, grossier. Tous deux avec échelle et décalage dans le fichier.</translation>
  </message>
  <message>
   <source>Precision of the computation</source>
   <translation>Précision du calcul</translation>
  </message>
  <message>
   <source>int8: three to six times faster on most laptops, calibrated on tiles of the raster, changes features a little; how much is told. bfloat16: for GPUs and recent processors.</source>
   <translation>int8 : trois à six fois plus rapide sur la plupart des portables, étalonné sur des tuiles du raster, change un peu les descripteurs ; de combien est indiqué. bfloat16 : pour les GPU et les processeurs récents.</translation>
  </message>
  <message>
   <source>Backend</source>
   <translation>Moteur de calcul</translation>
  </message>
  <message>
   <source>What computes. auto: OpenVINO on processors, where it is at least as fast as torch and gives the same features; else torch.</source>
   <translation>Ce qui calcule. auto : OpenVINO sur processeur, où il est au moins aussi rapide que torch et donne les mêmes descripteurs ; sinon torch.</translation>
  </message>
  <message>
   <source>Device</source>
   <translation>Matériel</translation>
  </message>
  <message>
   <source>auto: a GPU if there is one.</source>
   <translation>auto : un GPU s'il y en a un.</translation>
  </message>
  <message>
   <source>Number of the GPU</source>
   <translation>Numéro du GPU</translation>
  </message>
  <message>
   <source>Where there are several.</source>
   <translation>Quand il y en a plusieurs.</translation>
  </message>
  <message>
   <source>Tiles at once</source>
   <translation>Tuiles à la fois</translation>
  </message>
  <message>
   <source>Empty: chosen by size of the encoder.</source>
   <translation>Vide : choisi selon la taille de l'encodeur.</translation>
  </message>
  <message>
   <source>Pause between batches</source>
   <translation>Pause entre les lots</translation>
  </message>
  <message>
   <source>Lets a laptop cool down, or leaves the processor to others. Cancelling does not wait for its end.</source>
   <translation>Laisse refroidir un ordinateur portable, ou laisse le processeur à d'autres. L'annulation n'attend pas sa fin.</translation>
  </message>
  <message>
   <source>seconds</source>
   <translation>secondes</translation>
  </message>
  <message>
   <source>Resume</source>
   <translation>Reprendre</translation>
  </message>
  <message>
   <source>Keep what is done when the run is interrupted, and go on from there when the same run is started again.</source>
   <translation>Garde ce qui est fait quand l'exécution est interrompue, et continue de là quand la même exécution est relancée.</translation>
  </message>
  <message>
   <source>Features</source>
   <translation>Descripteurs</translation>
  </message>
  <message>
   <source>Picture of the features</source>
   <translation>Image des descripteurs</translation>
  </message>
  <message>
   <source>Three bands to look at: the first three principal components as red, green, blue.</source>
   <translation>Trois bandes à regarder : les trois premières composantes principales en rouge, vert, bleu.</translation>
  </message>
  <message>
   <source>What was recognised and done, how much features tell of the place within the tile, and whether seams show.</source>
   <translation>Ce qui a été reconnu et fait, combien les descripteurs disent de la position dans la tuile, et si des raccords se voient.</translation>
  </message>
  <message>
   <source>patch</source>
   <translation>imagette</translation>
  </message>
  <message>
   <source>trained on</source>
   <translation>entraîné sur</translation>
  </message>
  <message>
   <source>nothing: random patches of your raster</source>
   <translation>rien : des imagettes tirées au hasard de votre raster</translation>
  </message>
  <message>
   <source>licence</source>
   <translation>licence</translation>
  </message>
  <message>
   <source>none needed</source>
   <translation>inutile</translation>
  </message>
  <message>
   <source>a band</source>
   <translation>par bande</translation>
  </message>
  <message>
   <source>nothing: it computes with your raster's values</source>
   <translation>rien : il calcule avec les valeurs de votre raster</translation>
  </message>
  <message>
   <source>400 million photos with captions (OpenAI)</source>
   <translation>400 millions de photos légendées (OpenAI)</translation>
  </message>
  <message>
   <source>Apache-2.0</source>
   <translation>Apache-2.0</translation>
  </message>
  <message>
   <source>10 billion photos with captions in 109 languages (WebLI)</source>
   <translation>10 milliards de photos légendées en 109 langues (WebLI)</translation>
  </message>
  <message>
   <source>1.7 billion photos (LVD-1689M), without labels</source>
   <translation>1,7 milliard de photos (LVD-1689M), sans étiquettes</translation>
  </message>
  <message>
   <source>DINOv3 License: NOT an open-source licence, forbids military and other uses; pass it on with the weights, name DINOv3 in publications</source>
   <translation>DINOv3 License : PAS une licence libre, interdit les usages militaires et d'autres ; à transmettre avec les poids, citer DINOv3 dans les publications</translation>
  </message>
  <message>
   <source>1.3 million photos (ImageNet-1k), without labels</source>
   <translation>1,3 million de photos (ImageNet-1k), sans étiquettes</translation>
  </message>
  <message>
   <source>CC-BY-NC-4.0: NO COMMERCIAL USE</source>
   <translation>CC-BY-NC-4.0 : PAS D'USAGE COMMERCIAL</translation>
  </message>
  <message>
   <source>1.3 million photos with labels (ImageNet-1k)</source>
   <translation>1,3 million de photos étiquetées (ImageNet-1k)</translation>
  </message>
  <message>
   <source>18.7 million images of all Sentinels (Copernicus-Pretrain), without labels</source>
   <translation>18,7 millions d'images de tous les Sentinel (Copernicus-Pretrain), sans étiquettes</translation>
  </message>
  <message>
   <source>CC-BY-4.0: name its authors</source>
   <translation>CC-BY-4.0 : citer ses auteurs</translation>
  </message>
  <message>
   <source>1 million pairs of Sentinel-1 and 2 (SSL4EO-S12), without labels</source>
   <translation>1 million de paires Sentinel-1 et 2 (SSL4EO-S12), sans étiquettes</translation>
  </message>
  <message>
   <source>MIT</source>
   <translation>MIT</translation>
  </message>
  <message>
   <source>142 million photos (LVD-142M), without labels</source>
   <translation>142 millions de photos (LVD-142M), sans étiquettes</translation>
  </message>
  <message>
   <source>493 million satellite images of 0.6 m (SAT-493M), without labels</source>
   <translation>493 millions d'images satellite à 0,6 m (SAT-493M), sans étiquettes</translation>
  </message>
  <message>
   <source>images of Sentinel-1 and 2, Gaofen, NAIP and EnMAP, without labels</source>
   <translation>images de Sentinel-1 et 2, Gaofen, NAIP et EnMAP, sans étiquettes</translation>
  </message>
  <message>
   <source>127 thousand places all over the world: Sentinel-1 and 2, elevation, weather and maps, without labels</source>
   <translation>127 mille lieux du monde entier : Sentinel-1 et 2, élévation, météo et cartes, sans étiquettes</translation>
  </message>
  <message>
   <source>fMoW, SatlasPretrain, MMEarth and SpectralEarth: optical, radar and hyperspectral images, without labels</source>
   <translation>fMoW, SatlasPretrain, MMEarth et SpectralEarth : images optiques, radar et hyperspectrales, sans étiquettes</translation>
  </message>
  <message>
   <source>5.4 billion photos with captions, then aligned with outlines of SAM 2.1</source>
   <translation>5,4 milliards de photos légendées, puis aligné sur les contours de SAM 2.1</translation>
  </message>
  <message>
   <source>21 million pixels all over the world, two years of each: Sentinel-1 and 2, weather, elevation and land cover, without labels</source>
   <translation>21 millions de pixels du monde entier, deux années de chacun : Sentinel-1 et 2, météo, altitude et occupation du sol, sans étiquettes</translation>
  </message>
  <message>
   <source>4.2 million series of Landsat 8-9 and Sentinel-2 at 30 m (HLS), all over the world, without labels</source>
   <translation>4,2 millions de séries Landsat 8-9 et Sentinel-2 à 30 m (HLS), du monde entier, sans étiquettes</translation>
  </message>
  <message>
   <source>series of Landsat 8-9 and Sentinel-2 at 30 m (HLS) of the United States, without labels</source>
   <translation>séries Landsat 8-9 et Sentinel-2 à 30 m (HLS) des États-Unis, sans étiquettes</translation>
  </message>
  <message>
   <source>1.1 billion outlines in 11 million photos (SA-1B)</source>
   <translation>1,1 milliard de contours dans 11 millions de photos (SA-1B)</translation>
  </message>
  <message>
   <source>SatlasPretrain: 302 million labels of 137 kinds on satellite and aerial images</source>
   <translation>SatlasPretrain : 302 millions d'étiquettes de 137 sortes sur des images satellite et aériennes</translation>
  </message>
  <message>
   <source>ODC-BY: name its authors</source>
   <translation>ODC-BY : citer ses auteurs</translation>
  </message>
  <message>
   <source>364 thousand satellite images of many resolutions (fMoW), without labels</source>
   <translation>364 mille images satellite de nombreuses résolutions (fMoW), sans étiquettes</translation>
  </message>
  <message>
   <source>images of Sentinel-2 in all seasons and all climates (SSL4Eco), without labels</source>
   <translation>images de Sentinel-2 en toutes saisons et sous tous les climats (SSL4Eco), sans étiquettes</translation>
  </message>
  <message>
   <source>0.8 million pairs of Sentinel-1 and 2 (SSL4EO-S12) with kinds of land cover</source>
   <translation>0,8 million de paires Sentinel-1 et 2 (SSL4EO-S12) avec des sortes d'occupation du sol</translation>
  </message>
  <message>
   <source>1 million images of Landsat a sensor, all over the world (SSL4EO-L), without labels</source>
   <translation>1 million d'images Landsat par capteur, du monde entier (SSL4EO-L), sans étiquettes</translation>
  </message>
  <message>
   <source>CC0-1.0</source>
   <translation>CC0-1.0</translation>
  </message>
  <message>
   <source>1 million images of Sentinel-2, L1C, all over the world (SSL4EO-S12), without labels</source>
   <translation>1 million d'images de Sentinel-2, L1C, du monde entier (SSL4EO-S12), sans étiquettes</translation>
  </message>
  <message>
   <source>1 million images of Sentinel-1, GRD, all over the world (SSL4EO-S12), without labels</source>
   <translation>1 million d'images de Sentinel-1, GRD, du monde entier (SSL4EO-S12), sans étiquettes</translation>
  </message>
  <message>
   <source>see the model's page</source>
   <translation>voir la page du modèle</translation>
  </message>
  <message>
   <source>by model</source>
   <translation>selon le modèle</translation>
  </message>
  <message>
   <source>Check a map</source>
   <translation>Vérifier une carte</translation>
  </message>
  <message>
   <source>accuracy assessment</source>
   <translation>évaluation de l'exactitude</translation>
  </message>
  <message>
   <source>confusion matrix</source>
   <translation>matrice de confusion</translation>
  </message>
  <message>
   <source>validation</source>
   <translation>validation</translation>
  </message>
  <message>
   <source>area estimation</source>
   <translation>estimation des surfaces</translation>
  </message>
  <message>
   <source>user's accuracy</source>
   <translation>exactitude de l'utilisateur</translation>
  </message>
  <message>
   <source>producer's accuracy</source>
   <translation>exactitude du producteur</translation>
  </message>
  <message>
   <source>kappa</source>
   <translation>kappa</translation>
  </message>
  <message>
   <source>RMSE</source>
   <translation>RMSE</translation>
  </message>
  <message>
   <source>Tell how good a finished map is, whoever made it, by comparing it with places where the truth is known.</source>
   <translation>Dit combien une carte achevée est bonne, quel qu'en soit l'auteur, en la comparant à des lieux où la vérité est connue.</translation>
  </message>
  <message>
   <source>The map holds classes or numbers. The reference is a layer of points, lines or polygons, or a raster; it must not have been used to make the map, otherwise the figures flatter. The report gives accuracy for the map and for each class, with intervals, and shows where the map is wrong.</source>
   <translation>La carte contient des classes ou des nombres. La référence est une couche de points, de lignes ou de polygones, ou un raster ; elle ne doit pas avoir servi à faire la carte, sinon les chiffres flattent. Le rapport donne l'exactitude de la carte et de chaque classe, avec des intervalles, et montre où la carte se trompe.</translation>
  </message>
  <message>
   <source>Where the reference was drawn at random, from the whole map or from each of its classes, the report also tells how much ground each class really covers: counting the cells of a map gives areas that are off by its errors. Then each point, line or polygon counts once, as what most of its cells are mapped as.</source>
   <translation>Si la référence a été tirée au hasard, dans toute la carte ou dans chacune de ses classes, le rapport dit aussi combien de terrain chaque classe couvre vraiment : compter les cellules d'une carte donne des surfaces faussées par ses erreurs. Chaque point, ligne ou polygone compte alors une seule fois, pour ce que la carte indique sur la plupart de ses cellules.</translation>
  </message>
  <message>
   <source>Classes of the reference are those of the map with the same name. Where none has that name, a number stands for the value in the map. Cells of classes that the map does not have count as wrong.</source>
   <translation>Les classes de la référence sont celles de la carte qui portent le même nom. Si aucune ne porte ce nom, un nombre désigne la valeur dans la carte. Les cellules de classes que la carte n'a pas comptent comme fausses.</translation>
  </message>
  <message>
   <source>Map</source>
   <translation>Carte</translation>
  </message>
  <message>
   <source>Classes as whole numbers, or numbers such as heights. Of any origin.</source>
   <translation>Des classes en nombres entiers, ou des nombres comme des hauteurs. De toute origine.</translation>
  </message>
  <message>
   <source>Band</source>
   <translation>Bande</translation>
  </message>
  <message>
   <source>The band that holds the map.</source>
   <translation>La bande qui contient la carte.</translation>
  </message>
  <message>
   <source>Reference</source>
   <translation>Référence</translation>
  </message>
  <message>
   <source>Points, lines or polygons where the truth is known, in any CRS. Points count for their cell, lines for the cells they touch, polygons for the cells that they cover by half or more.</source>
   <translation>Des points, lignes ou polygones là où la vérité est connue, dans n'importe quel SCR. Un point vaut pour sa cellule, une ligne pour les cellules qu'elle touche, un polygone pour celles qu'il couvre au moins à moitié.</translation>
  </message>
  <message>
   <source>Names or values of the classes; or the true number.</source>
   <translation>Noms ou valeurs des classes ; ou le vrai nombre.</translation>
  </message>
  <message>
   <source>What is mapped</source>
   <translation>Ce qui est cartographié</translation>
  </message>
  <message>
   <source>classes: kinds of places. numbers: amounts, such as heights or shares.</source>
   <translation>classes : des sortes de lieux. numbers : des quantités, comme des hauteurs ou des parts.</translation>
  </message>
  <message>
   <source>How the reference was drawn</source>
   <translation>Comment la référence a été tirée</translation>
  </message>
  <message>
   <source>as it comes: by hand or unknown; areas can't be estimated then. random: at random from all cells of the map. by class: at random within each class of this map, as many as you like in each.</source>
   <translation>as it comes : à la main ou inconnu ; les surfaces ne peuvent alors être estimées. random : au hasard parmi toutes les cellules de la carte. by class : au hasard dans chaque classe de cette carte, autant que l'on veut dans chacune.</translation>
  </message>
  <message>
   <source>Reference raster</source>
   <translation>Raster de référence</translation>
  </message>
  <message>
   <source>In place of a layer: classes or numbers as values of its first band, in any CRS. Nodata is no reference.</source>
   <translation>À la place d'une couche : les classes ou les nombres sont les valeurs de sa première bande, dans n'importe quel SCR. L'absence de donnée n'est pas une référence.</translation>
  </message>
  <message>
   <source>Names of the values of the map</source>
   <translation>Noms des valeurs de la carte</translation>
  </message>
  <message>
   <source>Such as 1 = forest, 2 = water. Several values may have one name. Empty: the names in the map, where IAMAP made it.</source>
   <translation>Par exemple 1 = forêt, 2 = eau. Plusieurs valeurs peuvent porter un même nom. Vide : les noms contenus dans la carte, si elle vient d'IAMAP.</translation>
  </message>
  <message>
   <source>Values of the map that are no class</source>
   <translation>Valeurs de la carte qui ne sont pas des classes</translation>
  </message>
  <message>
   <source>Such as 0, with commas between them. Cells with them are left out, as those without data are.</source>
   <translation>Par exemple 0, séparées par des virgules. Leurs cellules sont écartées, comme celles sans donnée.</translation>
  </message>
  <message>
   <source>Values that are no reference</source>
   <translation>Valeurs qui ne sont pas une référence</translation>
  </message>
  <message>
   <source>Such as 0 or unknown, with commas between them. Rows with an empty column never are.</source>
   <translation>Par exemple 0 ou inconnu, séparées par des virgules. Les lignes où la colonne est vide n'en sont jamais une.</translation>
  </message>
  <message>
   <source>Cover of a cell</source>
   <translation>Couverture d'une cellule</translation>
  </message>
  <message>
   <source>Polygons count for the cells that they cover by this much. One that covers no cell so far counts for the one that it covers most.</source>
   <translation>Un polygone vaut pour les cellules qu'il couvre au moins autant. S'il n'en couvre aucune à ce point, il vaut pour celle qu'il couvre le plus.</translation>
  </message>
  <message>
   <source>Places within a block are not independent, which makes intervals wider. Empty: the distance up to which errors are alike, from their variogram. In cells where the map has no CRS.</source>
   <translation>Les lieux d'un même bloc ne sont pas indépendants, ce qui élargit les intervalles. Vide : la distance jusqu'à laquelle les erreurs se ressemblent, d'après leur variogramme. En cellules si la carte n'a pas de SCR.</translation>
  </message>
  <message>
   <source>How good the map is, and where it is wrong.</source>
   <translation>Combien la carte est bonne, et où elle se trompe.</translation>
  </message>
  <message>
   <source>All figures with their intervals, and the confusion matrix.</source>
   <translation>Tous les chiffres avec leurs intervalles, et la matrice de confusion.</translation>
  </message>
  <message>
   <source>Compared places</source>
   <translation>Lieux comparés</translation>
  </message>
  <message>
   <source>What the reference and the map say of each, and whether that is right.</source>
   <translation>Ce que la référence et la carte disent de chacun, et si la carte a raison.</translation>
  </message>
  <message>
   <source>Reduce: Groups of bands</source>
   <translation>Réduire : groupes de bandes</translation>
  </message>
  <message>
   <source>2 Reduce</source>
   <translation>2 Réduire</translation>
  </message>
  <message>
   <source>dimensionality reduction</source>
   <translation>réduction de dimension</translation>
  </message>
  <message>
   <source>Reduce the bands of a raster, usually the features of an encoder, to a few components.</source>
   <translation>Réduit les bandes d'un raster, en général les descripteurs d'un encodeur, à quelques composantes.</translation>
  </message>
  <message>
   <source>Three components make a picture in which places that look alike have the same colour; more of them feed other tools.</source>
   <translation>Trois composantes font une image où les lieux qui se ressemblent ont la même couleur ; davantage de composantes alimentent d'autres outils.</translation>
  </message>
  <message>
   <source>Groups bands that say the same, and averages each group: a component is the mean of some bands and nothing else.</source>
   <translation>Réunit les bandes qui disent la même chose et fait la moyenne de chaque groupe : une composante est la moyenne de quelques bandes, rien d'autre.</translation>
  </message>
  <message>
   <source>The simplest way to bring hundreds of bands of a spectrometer, or of dates, down to a few that one can still explain. Bands are grouped by their correlation over all cells. The report says which bands each component holds.</source>
   <translation>Le moyen le plus simple de ramener les centaines de bandes d'un spectromètre, ou de dates, à quelques-unes que l'on sait encore expliquer. Les bandes sont réunies d'après leur corrélation sur toutes les cellules. Le rapport dit quelles bandes contient chaque composante.</translation>
  </message>
  <message>
   <source>Components</source>
   <translation>Composantes</translation>
  </message>
  <message>
   <source>Three make a picture.</source>
   <translation>Trois font une image.</translation>
  </message>
  <message>
   <source>Components raster</source>
   <translation>Raster des composantes</translation>
  </message>
  <message>
   <source>To apply the same reduction to other rasters, with *Apply a model*.</source>
   <translation>Pour appliquer la même réduction à d'autres rasters, avec *Appliquer un modèle*.</translation>
  </message>
  <message>
   <source>Reduce: Dictionary learning</source>
   <translation>Réduire : apprentissage de dictionnaire</translation>
  </message>
  <message>
   <source>Learns atoms of which every cell needs only a few; the other components of the cell are exactly 0.</source>
   <translation>Apprend des atomes dont chaque cellule n'utilise que quelques-uns ; les autres composantes de la cellule valent exactement 0.</translation>
  </message>
  <message>
   <source>Made for many components, even more than there are bands: each then stands for one kind of place or material, which other tools can use. For a picture of three components take PCA. The amounts in each cell are exact (lasso), not a guess.</source>
   <translation>Fait pour de nombreuses composantes, même plus que de bandes : chacune représente alors une sorte de lieu ou de matériau, que d'autres outils peuvent utiliser. Pour une image à trois composantes, prendre l'ACP. Les quantités dans chaque cellule sont exactes (lasso), non estimées.</translation>
  </message>
  <message>
   <source>Sparsity</source>
   <translation>Parcimonie</translation>
  </message>
  <message>
   <source>The higher, the fewer atoms a cell is made of, and the less exactly.</source>
   <translation>Plus elle est élevée, moins une cellule compte d'atomes, et moins elle est rendue exactement.</translation>
  </message>
  <message>
   <source>Rounds</source>
   <translation>Passages</translation>
  </message>
  <message>
   <source>How often each cell of the sample is looked at.</source>
   <translation>Combien de fois chaque cellule de l'échantillon est examinée.</translation>
  </message>
  <message>
   <source>Reduce: Factor analysis</source>
   <translation>Réduire : analyse factorielle</translation>
  </message>
  <message>
   <source>Factor analysis: what bands have in common, leaving out the noise that each band has of its own.</source>
   <translation>Analyse factorielle : ce que les bandes ont en commun, sans le bruit propre à chacune.</translation>
  </message>
  <message>
   <source>Good where some bands are much noisier than others, which PCA would take for structure. It is linear and uses all cells. With a rotation each factor follows few bands, which makes it easier to name.</source>
   <translation>Utile quand certaines bandes sont bien plus bruitées que d'autres, ce que l'ACP prendrait pour une structure. Linéaire, sur toutes les cellules. Avec une rotation, chaque facteur suit peu de bandes et se nomme plus facilement.</translation>
  </message>
  <message>
   <source>Rotation</source>
   <translation>Rotation</translation>
  </message>
  <message>
   <source>varimax: each factor follows few bands. quartimax: each band follows few factors. none: as PCA, the strongest first.</source>
   <translation>varimax : chaque facteur suit peu de bandes. quartimax : chaque bande suit peu de facteurs. none : comme l'ACP, le plus fort d'abord.</translation>
  </message>
  <message>
   <source>Most steps</source>
   <translation>Étapes au plus</translation>
  </message>
  <message>
   <source>More where the log says it did not settle.</source>
   <translation>Davantage si le journal dit que le calcul ne s'est pas stabilisé.</translation>
  </message>
  <message>
   <source>Reduce: ICA</source>
   <translation>Réduire : ACI</translation>
  </message>
  <message>
   <source>Independent components: turns the principal components until each says something of its own.</source>
   <translation>Composantes indépendantes : tourne les composantes principales jusqu'à ce que chacune dise quelque chose en propre.</translation>
  </message>
  <message>
   <source>Finds sources that add up in every cell, such as materials, shadow or stripes of the sensor, when PCA mixes them. It is linear and fast. The components have no natural order: here the one that explains most comes first. Sources that are normally distributed can't be told apart.</source>
   <translation>Retrouve des sources qui s'ajoutent dans chaque cellule, comme des matériaux, l'ombre ou les rayures du capteur, là où l'ACP les mélange. Linéaire et rapide. Les composantes n'ont pas d'ordre naturel : ici, celle qui explique le plus vient d'abord. Des sources de loi normale ne peuvent être distinguées.</translation>
  </message>
  <message>
   <source>Contrast</source>
   <translation>Contraste</translation>
  </message>
  <message>
   <source>How independence is judged. logcosh suits most; exp for very peaked sources or outliers; cube for flat ones without outliers.</source>
   <translation>Comment l'indépendance est jugée. logcosh convient le plus souvent ; exp pour des sources très pointues ou des valeurs aberrantes ; cube pour des sources plates sans valeurs aberrantes.</translation>
  </message>
  <message>
   <source>Reduce: Isomap</source>
   <translation>Réduire : Isomap</translation>
  </message>
  <message>
   <source>Unrolls bent structure: keeps the distances that one would walk from neighbour to neighbour.</source>
   <translation>Déroule une structure courbe : conserve les distances que l'on parcourrait de voisin en voisin.</translation>
  </message>
  <message>
   <source>Good for gradual change, such as a season, moisture or age. Isomap places a sample of the cells; every other cell gets what its nearest neighbours among the sample have, weighted by how near they are in the features. A few cells that lie between two groups can shorten the way between them.</source>
   <translation>Convient aux changements graduels, comme une saison, l'humidité ou l'âge. Isomap place un échantillon des cellules ; toute autre cellule reçoit ce qu'ont ses plus proches voisines de l'échantillon, pondérées par leur proximité dans les descripteurs. Quelques cellules situées entre deux groupes peuvent raccourcir le chemin de l'un à l'autre.</translation>
  </message>
  <message>
   <source>Few: follows bends closely. Many: steadier, more like PCA.</source>
   <translation>Peu : suit les courbes de près. Beaucoup : plus stable, plus proche de l'ACP.</translation>
  </message>
  <message>
   <source>Reduce: Kernel PCA</source>
   <translation>Réduire : ACP à noyau</translation>
  </message>
  <message>
   <source>PCA along curves: finds bent structure that PCA would spread over several components.</source>
   <translation>ACP le long de courbes : trouve une structure courbe que l'ACP étalerait sur plusieurs composantes.</translation>
  </message>
  <message>
   <source>Fitted on a sample; every other cell is compared with all of the sample, so no cell is guessed, and a raster of millions of cells takes minutes. Cells far from everything in the sample all get about the same values.</source>
   <translation>Ajustée sur un échantillon ; toute autre cellule est comparée à tout l'échantillon : aucune n'est devinée, et un raster de millions de cellules prend des minutes. Les cellules éloignées de tout l'échantillon reçoivent toutes à peu près les mêmes valeurs.</translation>
  </message>
  <message>
   <source>Kernel</source>
   <translation>Noyau</translation>
  </message>
  <message>
   <source>gaussian: cells count as alike up to a distance. polynomial: products of bands, as in ratios and textures.</source>
   <translation>gaussian : les cellules comptent comme semblables jusqu'à une distance. polynomial : des produits de bandes, comme dans les rapports et les textures.</translation>
  </message>
  <message>
   <source>In typical distances between cells. Small: shows groups. Large: much like PCA.</source>
   <translation>En distances typiques entre cellules. Petite : montre des groupes. Grande : proche de l'ACP.</translation>
  </message>
  <message>
   <source>Degree</source>
   <translation>Degré</translation>
  </message>
  <message>
   <source>Of the polynomial.</source>
   <translation>Du polynôme.</translation>
  </message>
  <message>
   <source>Reduce: Distances to k-means</source>
   <translation>Réduire : distances aux k-moyennes</translation>
  </message>
  <message>
   <source>How far each cell is from the middle of each of so many kinds of places, found by k-means: dark is alike.</source>
   <translation>À quelle distance chaque cellule se trouve du centre de chacune d'autant de sortes de lieux, trouvées par k-moyennes : sombre veut dire semblable.</translation>
  </message>
  <message>
   <source>A soft version of the clusters of *Cluster: k-means*, and a good input for other tools with ten or more components. The largest kind comes first.</source>
   <translation>Une version graduée des groupes de *Regrouper : k-moyennes*, et une bonne entrée pour d'autres outils avec dix composantes ou plus. La sorte la plus étendue vient d'abord.</translation>
  </message>
  <message>
   <source>Reduce: LLE</source>
   <translation>Réduire : LLE</translation>
  </message>
  <message>
   <source>Locally linear embedding: flattens structure that is bent smoothly, piece by piece.</source>
   <translation>Plongement localement linéaire : aplatit, morceau par morceau, une structure doucement courbée.</translation>
  </message>
  <message>
   <source>Sensitive to noise and to groups that lie apart, which it may shrink to points; Isomap and UMAP are safer. It places a sample of the cells; every other cell gets what its nearest neighbours among the sample have, weighted by how near they are in the features.</source>
   <translation>Sensible au bruit et aux groupes séparés, qu'elle peut réduire à des points ; Isomap et UMAP sont plus sûrs. Elle place un échantillon des cellules ; toute autre cellule reçoit ce qu'ont ses plus proches voisines de l'échantillon, pondérées par leur proximité dans les descripteurs.</translation>
  </message>
  <message>
   <source>More than components. Few: follows bends closely. Many: steadier.</source>
   <translation>Plus que de composantes. Peu : suit les courbes de près. Beaucoup : plus stable.</translation>
  </message>
  <message>
   <source>Variant</source>
   <translation>Variante</translation>
  </message>
  <message>
   <source>tangent space (LTSA) and modified keep shapes better than the standard one.</source>
   <translation>tangent space (LTSA) et modified conservent mieux les formes que la variante standard.</translation>
  </message>
  <message>
   <source>Reduce: MDS</source>
   <translation>Réduire : MDS</translation>
  </message>
  <message>
   <source>Multidimensional scaling: keeps all distances between cells as well as so few components can, large and small alike.</source>
   <translation>Positionnement multidimensionnel : conserve toutes les distances entre cellules, grandes et petites, aussi bien que si peu de composantes le peuvent.</translation>
  </message>
  <message>
   <source>More faithful to distances than PCA, which is classical scaling, and slow: it places a small sample of the cells, and every other cell gets what its nearest neighbours among the sample have, weighted by how near they are in the features.</source>
   <translation>Plus fidèle aux distances que l'ACP, qui en est la forme classique, et lent : il place un petit échantillon des cellules, et toute autre cellule reçoit ce qu'ont ses plus proches voisines de l'échantillon, pondérées par leur proximité dans les descripteurs.</translation>
  </message>
  <message>
   <source>Of moving cells about.</source>
   <translation>De déplacement des cellules.</translation>
  </message>
  <message>
   <source>Reduce: NMF</source>
   <translation>Réduire : NMF</translation>
  </message>
  <message>
   <source>Parts that only add up: each cell is so much of one part, so much of another, never less than nothing.</source>
   <translation>Des parts qui ne font que s'ajouter : chaque cellule est tant d'une part, tant d'une autre, jamais moins que rien.</translation>
  </message>
  <message>
   <source>Good for reflectances and counts, where parts come out as materials, and as a soft clustering of any features. A band whose sample has values below 0, as most features of encoders have, is moved up so that its lowest value becomes 0; the shift is saved with the model, and values that are lower still count as 0. The amounts in each cell are exact, not a guess.</source>
   <translation>Convient aux réflectances et aux comptages, où les parts ressortent comme des matériaux, et comme regroupement gradué de tous descripteurs. Une bande dont l'échantillon a des valeurs négatives, comme la plupart des descripteurs d'encodeurs, est relevée pour que sa plus petite valeur devienne 0 ; le décalage est enregistré avec le modèle, et des valeurs encore plus petites comptent pour 0. Les quantités dans chaque cellule sont exactes, non estimées.</translation>
  </message>
  <message>
   <source>Above 0, parts that are faint in a cell are left out of it.</source>
   <translation>Au-dessus de 0, les parts faibles dans une cellule en sont écartées.</translation>
  </message>
  <message>
   <source>Reduce: PCA</source>
   <translation>Réduire : ACP</translation>
  </message>
  <message>
   <source>Principal components: fast, linear, keeps large distances. The safe first choice.</source>
   <translation>Composantes principales : rapide, linéaire, conserve les grandes distances. Le premier choix sûr.</translation>
  </message>
  <message>
   <source>They are computed from all cells, not from a sample, in one pass and without rounds of approximation. The components are not correlated, and the first ones hold as much of the variance as so many components can.</source>
   <translation>Calculées à partir de toutes les cellules, non d'un échantillon, en un seul passage et sans approximations successives. Les composantes ne sont pas corrélées, et les premières contiennent autant de variance qu'autant de composantes le peuvent.</translation>
  </message>
  <message>
   <source>Same variance for all</source>
   <translation>Même variance pour toutes</translation>
  </message>
  <message>
   <source>Stretch each component to variance 1, for methods that compare distances. Faint ones then count as much as strong ones.</source>
   <translation>Ramène chaque composante à une variance de 1, pour des méthodes qui comparent des distances. Les faibles comptent alors autant que les fortes.</translation>
  </message>
  <message>
   <source>Reduce: Sparse PCA</source>
   <translation>Réduire : ACP parcimonieuse</translation>
  </message>
  <message>
   <source>Principal components that use few bands each, so that one can say what a component is made of.</source>
   <translation>Composantes principales qui utilisent chacune peu de bandes, pour que l'on sache dire de quoi elles sont faites.</translation>
  </message>
  <message>
   <source>Made for spectra and other bands with a meaning. It holds less variance than PCA with as many components, and components are a little correlated. Computed from all cells, in one pass.</source>
   <translation>Faite pour des spectres et d'autres bandes qui ont un sens. Elle contient moins de variance que l'ACP avec autant de composantes, et celles-ci sont un peu corrélées. Calculée à partir de toutes les cellules, en un seul passage.</translation>
  </message>
  <message>
   <source>Bands of each component</source>
   <translation>Bandes de chaque composante</translation>
  </message>
  <message>
   <source>Few: easy to name. 100: the same as PCA.</source>
   <translation>Peu : facile à nommer. 100 : identique à l'ACP.</translation>
  </message>
  <message>
   <source>% of all</source>
   <translation>% de toutes</translation>
  </message>
  <message>
   <source>Reduce: Spectral embedding</source>
   <translation>Réduire : plongement spectral</translation>
  </message>
  <message>
   <source>Laplacian eigenmaps: the slowest changes from neighbour to neighbour. Pulls groups apart that hardly touch.</source>
   <translation>Vecteurs propres du laplacien : les changements les plus lents de voisin en voisin. Écarte les groupes qui se touchent à peine.</translation>
  </message>
  <message>
   <source>What spectral clustering sees before it cuts. It places a sample of the cells; every other cell gets what its nearest neighbours among the sample have, weighted by how near they are in the features.</source>
   <translation>Ce que voit le regroupement spectral avant de couper. Il place un échantillon des cellules ; toute autre cellule reçoit ce qu'ont ses plus proches voisines de l'échantillon, pondérées par leur proximité dans les descripteurs.</translation>
  </message>
  <message>
   <source>Few: fine detail. Many: the big picture.</source>
   <translation>Peu : le détail. Beaucoup : la vue d'ensemble.</translation>
  </message>
  <message>
   <source>Reduce: Truncated SVD</source>
   <translation>Réduire : SVD tronquée</translation>
  </message>
  <message>
   <source>Like PCA, but around zero instead of the mean: for reflectances, counts and indices, whose zero means nothing there.</source>
   <translation>Comme l'ACP, mais autour de zéro au lieu de la moyenne : pour des réflectances, des comptages et des indices, dont le zéro signifie l'absence.</translation>
  </message>
  <message>
   <source>The first component is then about the overall brightness, the others about the shape of the spectrum. Computed from all cells, in one pass. Where zero means nothing in particular, as in the features of most encoders, take PCA.</source>
   <translation>La première composante dit alors la luminosité générale, les autres la forme du spectre. Calculée à partir de toutes les cellules, en un seul passage. Là où le zéro n'a pas de sens particulier, comme dans les descripteurs de la plupart des encodeurs, prendre l'ACP.</translation>
  </message>
  <message>
   <source>Reduce: t-SNE</source>
   <translation>Réduire : t-SNE</translation>
  </message>
  <message>
   <source>Shows which cells are close to which, in groups that are easy to see; nothing else in the picture means much.</source>
   <translation>Montre quelles cellules sont proches les unes des autres, en groupes faciles à voir ; rien d'autre dans l'image n'a beaucoup de sens.</translation>
  </message>
  <message>
   <source>At most three components. t-SNE places a sample of the cells and can't place others: every other cell gets what its nearest neighbours among the sample have, weighted by how near they are in the features. UMAP is quicker and keeps more of the order of the groups.</source>
   <translation>Trois composantes au plus. t-SNE place un échantillon des cellules et ne sait pas en placer d'autres : toute autre cellule reçoit ce qu'ont ses plus proches voisines de l'échantillon, pondérées par leur proximité dans les descripteurs. UMAP est plus rapide et conserve mieux l'ordre des groupes.</translation>
  </message>
  <message>
   <source>Perplexity</source>
   <translation>Perplexité</translation>
  </message>
  <message>
   <source>About how many neighbours each cell has. Few: fine detail. Many: the big picture. Fewer than a third of the cells.</source>
   <translation>Combien de voisins chaque cellule a, à peu près. Peu : le détail. Beaucoup : la vue d'ensemble. Moins d'un tiers des cellules.</translation>
  </message>
  <message>
   <source>Steps</source>
   <translation>Étapes</translation>
  </message>
  <message>
   <source>Reduce: UMAP</source>
   <translation>Réduire : UMAP</translation>
  </message>
  <message>
   <source>Keeps neighbours together, which shows clusters. Distances between clusters, and their sizes, mean little.</source>
   <translation>Garde les voisins ensemble, ce qui montre des groupes. Les distances entre groupes, et leurs tailles, ont peu de sens.</translation>
  </message>
  <message>
   <source>UMAP places a sample of the cells. Every other cell gets what its nearest neighbours among the sample have, weighted by how near they are in the features: UMAP's own way to place new cells depends on which others are placed with them. For finer detail raise the number of cells to fit on; ten thousand more cost about half a minute.</source>
   <translation>UMAP place un échantillon des cellules. Toute autre cellule reçoit ce qu'ont ses plus proches voisines de l'échantillon, pondérées par leur proximité dans les descripteurs : la façon qu'a UMAP de placer de nouvelles cellules dépend de celles qui sont placées avec elles. Pour plus de détail, augmenter le nombre de cellules pour l'ajustement ; dix mille de plus coûtent environ une demi-minute.</translation>
  </message>
  <message>
   <source>Least distance</source>
   <translation>Distance minimale</translation>
  </message>
  <message>
   <source>How densely cells that are alike may be packed. 0: tight groups, for clustering. Above 0.3: even colours.</source>
   <translation>Jusqu'où des cellules semblables peuvent être serrées. 0 : groupes serrés, pour regrouper. Au-dessus de 0,3 : couleurs égales.</translation>
  </message>
  <message>
   <source>Of moving cells about. Empty: 200, or 500 for few cells.</source>
   <translation>De déplacement des cellules. Vide : 200, ou 500 pour peu de cellules.</translation>
  </message>
  <message>
   <source>Sharpen to pixels</source>
   <translation>Affiner au pixel</translation>
  </message>
  <message>
   <source>guided upsampling</source>
   <translation>suréchantillonnage guidé</translation>
  </message>
  <message>
   <source>guided filter</source>
   <translation>filtre guidé</translation>
  </message>
  <message>
   <source>joint bilateral</source>
   <translation>filtre bilatéral conjoint</translation>
  </message>
  <message>
   <source>superresolution</source>
   <translation>super-résolution</translation>
  </message>
  <message>
   <source>edges</source>
   <translation>contours</translation>
  </message>
  <message>
   <source>resolution</source>
   <translation>résolution</translation>
  </message>
  <message>
   <source>Bring a raster of cells to the pixels of the image it was made from, with borders where the image has them: guided upsampling.</source>
   <translation>Ramène un raster de cellules aux pixels de l'image dont il est issu, avec des limites là où l'image en montre : suréchantillonnage guidé.</translation>
  </message>
  <message>
   <source>Cells of an encoder cover 8 or 16 pixels a side, so that maps made of them have steps. Give a map of classes, the probabilities of classes, a similarity or three components, and the image as the guide: each pixel gets a value between those of the cells around it, by what the image shows there. No training, no weights. Nodata of both rasters is kept, and so are legend and style.</source>
   <translation>Les cellules d'un encodeur couvrent 8 ou 16 pixels de côté : les cartes qui en sont faites ont des bords en marches d'escalier. Donnez une carte de classes, les probabilités des classes, une similarité ou trois composantes, et l'image comme guide : chaque pixel reçoit une valeur comprise entre celles des cellules qui l'entourent, d'après ce que l'image y montre. Pas d'entraînement, pas de poids. Les pixels sans donnée des deux rasters le restent, et la légende et le style sont conservés.</translation>
  </message>
  <message>
   <source>Best is to sharpen the *Probabilities* of *Apply a model* and to ask for *Classes*: better than sharpening the map of classes. It can't show what no cell knows of: what is smaller than a cell stays lost, and where borders of classes don't show in the image, or the image shows many that are none, little is gained. Figures are in docs/sharper.md.</source>
   <translation>Le mieux est d'affiner les *Probabilités* de *Appliquer un modèle* et de demander les *Classes* : c'est meilleur que d'affiner la carte des classes. Ce qu'aucune cellule ne sait ne peut pas apparaître : ce qui est plus petit qu'une cellule reste perdu, et si les limites des classes ne se voient pas dans l'image, ou si l'image en montre beaucoup qui n'en sont pas, le gain est faible. Les chiffres sont dans docs/sharper.md.</translation>
  </message>
  <message>
   <source>The result takes bands times pixels times four bytes (one byte for classes): sharpen three components, not 384 features. The guide is read twice; memory does not grow with it.</source>
   <translation>Le résultat occupe bandes fois pixels fois quatre octets (un octet pour des classes) : affinez trois composantes, non 384 descripteurs. Le guide est lu deux fois ; la mémoire n'augmente pas avec sa taille.</translation>
  </message>
  <message>
   <source>Raster to sharpen</source>
   <translation>Raster à affiner</translation>
  </message>
  <message>
   <source>Classes, probabilities, similarity, components, or features.</source>
   <translation>Classes, probabilités, similarité, composantes ou descripteurs.</translation>
  </message>
  <message>
   <source>Image</source>
   <translation>Image</translation>
  </message>
  <message>
   <source>The image that the encoder was given, or another of the same place with finer pixels.</source>
   <translation>L'image donnée à l'encodeur, ou une autre du même lieu aux pixels plus fins.</translation>
  </message>
  <message>
   <source>Bands of the image</source>
   <translation>Bandes de l'image</translation>
  </message>
  <message>
   <source>Those in which borders show; 16 at most. Empty: all bands but transparency.</source>
   <translation>Celles où les limites se voient ; 16 au plus. Vide : toutes les bandes sauf la transparence.</translation>
  </message>
  <message>
   <source>guided filter: near each place, the raster is taken for a linear function of the image; better and faster in our figures. joint bilateral: the mean of the cells around, those that look like the pixel counting most.</source>
   <translation>guided filter : autour de chaque lieu, le raster est tenu pour une fonction linéaire de l'image ; meilleur et plus rapide dans nos mesures. joint bilateral : la moyenne des cellules alentour, où celles qui ressemblent au pixel comptent le plus.</translation>
  </message>
  <message>
   <source>Radius</source>
   <translation>Rayon</translation>
  </message>
  <message>
   <source>Cells around each that count. 2 gives sharper borders and fewer specks where things are larger than three cells, and loses smaller ones.</source>
   <translation>Cellules qui comptent autour de chacune. 2 donne des limites plus nettes et moins de mouchetures là où les objets dépassent trois cellules, et perd les plus petits.</translation>
  </message>
  <message>
   <source>Smoothing of the guided filter</source>
   <translation>Lissage du filtre guidé</translation>
  </message>
  <message>
   <source>Share of the image's variance: where the image varies less around a place, its texture is ignored.</source>
   <translation>Part de la variance de l'image : là où l'image varie moins que cela autour d'un lieu, sa texture est ignorée.</translation>
  </message>
  <message>
   <source>Range sigma of the joint bilateral</source>
   <translation>Sigma des valeurs du filtre bilatéral conjoint</translation>
  </message>
  <message>
   <source>In deviations of the image: how different from a pixel a cell may look and still count. Small: sharper, more specks.</source>
   <translation>En écarts types de l'image : combien une cellule peut différer d'un pixel et compter encore. Petit : plus net, plus de mouchetures.</translation>
  </message>
  <message>
   <source>Content</source>
   <translation>Contenu</translation>
  </message>
  <message>
   <source>classes: numbers of classes, each of which is sharpened by itself; the strongest wins. auto: classes where the raster has a legend or a colour table.</source>
   <translation>classes : des numéros de classes, dont chacune est affinée pour elle-même ; la plus forte l'emporte. auto : classes si le raster a une légende ou une table de couleurs.</translation>
  </message>
  <message>
   <source>Empty: all bands but transparency; of classes, the first.</source>
   <translation>Vide : toutes les bandes sauf la transparence ; pour des classes, la première.</translation>
  </message>
  <message>
   <source>Only this part, enlarged to whole pixels of the image.</source>
   <translation>Cette partie seulement, agrandie à des pixels entiers de l'image.</translation>
  </message>
  <message>
   <source>int16: half the size. int8: a quarter, coarse. Both with scale and offset in the file. Classes always are whole numbers.</source>
   <translation>int16 : moitié moins de place. int8 : un quart, grossier. Tous deux avec échelle et décalage dans le fichier. Les classes sont toujours des nombres entiers.</translation>
  </message>
  <message>
   <source>Sharpened raster</source>
   <translation>Raster affiné</translation>
  </message>
  <message>
   <source>Classes</source>
   <translation>Classes</translation>
  </message>
  <message>
   <source>For probabilities: the most probable class of each pixel.</source>
   <translation>Pour des probabilités : la classe la plus probable de chaque pixel.</translation>
  </message>
  <message>
   <source>Find similar places</source>
   <translation>Trouver des lieux semblables</translation>
  </message>
  <message>
   <source>search</source>
   <translation>recherche</translation>
  </message>
  <message>
   <source>query by example</source>
   <translation>recherche par l'exemple</translation>
  </message>
  <message>
   <source>more like this</source>
   <translation>lieux semblables</translation>
  </message>
  <message>
   <source>retrieval</source>
   <translation>recherche d'images</translation>
  </message>
  <message>
   <source>cosine</source>
   <translation>cosinus</translation>
  </message>
  <message>
   <source>Find the places that look like some examples: points, lines or polygons on what you look for.</source>
   <translation>Trouve les lieux qui ressemblent à quelques exemples : des points, lignes ou polygones sur ce que l'on cherche.</translation>
  </message>
  <message>
   <source>The result tells for every cell how similar its features are to those of the examples: 1 where they are the same, 0 where they have no more in common than any two places, less where they differ in the opposite way. Five examples of different looks are worth more than fifty of the same. Counter-examples help where something else keeps coming up: their similarity is taken off. A column with names gives several queries in one run, each with a band of its own.</source>
   <translation>Le résultat dit, pour chaque cellule, combien ses descripteurs ressemblent à ceux des exemples : 1 s'ils sont identiques, 0 s'ils n'ont pas plus en commun que deux lieux quelconques, moins s'ils s'écartent en sens contraire. Cinq exemples d'aspects différents valent mieux que cinquante du même. Les contre-exemples aident quand autre chose revient sans cesse : leur similarité est retirée. Une colonne de noms donne plusieurs requêtes en une fois, chacune avec sa bande.</translation>
  </message>
  <message>
   <source>Give *Places* to get the best ones as points, *Regions* to get what lies above the threshold as polygons. The raster is read twice; memory does not grow with it.</source>
   <translation>Indiquez *Lieux* pour obtenir les meilleurs en points, *Régions* pour obtenir en polygones ce qui dépasse le seuil. Le raster est lu deux fois ; la mémoire n'augmente pas avec sa taille.</translation>
  </message>
  <message>
   <source>Raster to search</source>
   <translation>Raster à fouiller</translation>
  </message>
  <message>
   <source>Examples</source>
   <translation>Exemples</translation>
  </message>
  <message>
   <source>Points, lines or polygons on what you look for, in any CRS. Points count for their cell, lines for the cells they touch, polygons for the cells that they cover by half or more.</source>
   <translation>Des points, lignes ou polygones sur ce que l'on cherche, dans n'importe quel SCR. Un point vaut pour sa cellule, une ligne pour les cellules qu'elle touche, un polygone pour celles qu'il couvre au moins à moitié.</translation>
  </message>
  <message>
   <source>Box as the example</source>
   <translation>Rectangle comme exemple</translation>
  </message>
  <message>
   <source>In place of a layer: all cells that it covers by half or more.</source>
   <translation>À la place d'une couche : toutes les cellules qu'il couvre au moins à moitié.</translation>
  </message>
  <message>
   <source>Column with names</source>
   <translation>Colonne des noms</translation>
  </message>
  <message>
   <source>Examples of one name are one query, with a band of its own. Empty: all examples are one query.</source>
   <translation>Les exemples d'un même nom forment une requête, qui a sa bande. Vide : tous les exemples forment une requête.</translation>
  </message>
  <message>
   <source>Column that tells counter-examples</source>
   <translation>Colonne des contre-exemples</translation>
  </message>
  <message>
   <source>A counter-example has 0, no, false, negative or - in it; an example has 1, yes, true, positive, + or nothing.</source>
   <translation>Un contre-exemple y porte 0, no, false, negative ou - ; un exemple 1, yes, true, positive, + ou rien.</translation>
  </message>
  <message>
   <source>Counter-examples</source>
   <translation>Contre-exemples</translation>
  </message>
  <message>
   <source>Places that look similar but are not what you look for. They count for all queries: a cell's score is its similarity to the examples minus that to the counter-examples.</source>
   <translation>Des lieux qui ressemblent à ce que l'on cherche sans en être. Ils comptent pour toutes les requêtes : le score d'une cellule est sa similarité aux exemples moins celle aux contre-exemples.</translation>
  </message>
  <message>
   <source>Raster of the examples</source>
   <translation>Raster des exemples</translation>
  </message>
  <message>
   <source>Where the examples lie on another raster: features of the same encoder, of another place or date. Empty: on the raster to search.</source>
   <translation>Si les exemples se trouvent sur un autre raster : des descripteurs du même encodeur, d'un autre lieu ou d'une autre date. Vide : sur le raster à fouiller.</translation>
  </message>
  <message>
   <source>Measure</source>
   <translation>Mesure</translation>
  </message>
  <message>
   <source>cosine: the direction of features counts, best for most encoders. dot: direction and strength. Euclidean: distance, 1 at none and 0 at that of two cells taken at random. Mahalanobis: the same after taking off what all bands have in common.</source>
   <translation>cosine : la direction des descripteurs compte, le mieux pour la plupart des encodeurs. dot : direction et intensité. Euclidean : distance, 1 si elle est nulle, 0 pour celle de deux cellules prises au hasard. Mahalanobis : de même, après avoir retiré ce que les bandes ont en commun.</translation>
  </message>
  <message>
   <source>What examples stand for</source>
   <translation>Rôle des exemples</translation>
  </message>
  <message>
   <source>soft: all examples count, the nearer ones more; best on average. all examples: only the nearest counts. mean: their mean, for examples that are all alike. k-means: the nearest of some means, for many examples of several looks.</source>
   <translation>soft : tous les exemples comptent, les plus proches davantage ; le mieux en moyenne. all examples : seul le plus proche compte. mean : leur moyenne, pour des exemples tous semblables. k-means : la plus proche de quelques moyennes, pour de nombreux exemples de plusieurs aspects.</translation>
  </message>
  <message>
   <source>Means of each query</source>
   <translation>Moyennes de chaque requête</translation>
  </message>
  <message>
   <source>For k-means; fewer where there are fewer examples.</source>
   <translation>Pour k-means ; moins s'il y a moins d'exemples.</translation>
  </message>
  <message>
   <source>standardise: deviations from the mean cell are compared, all bands count alike; best on average. centre: the same, but bands with a wide range count more. whiten: also takes off what bands have in common, good with vision transformers. unit length: divides each cell's features by their length, then centres. none: features as they are. auto: whiten for Mahalanobis, standardise for all others.</source>
   <translation>standardise : les écarts à la cellule moyenne sont comparés, toutes les bandes comptent autant ; le mieux en moyenne. centre : de même, mais les bandes de grande étendue comptent plus. whiten : retire aussi ce que les bandes ont en commun, bon avec les transformeurs de vision. unit length : divise les descripteurs de chaque cellule par leur longueur, puis centre. none : les descripteurs tels quels. auto : whiten pour Mahalanobis, standardise pour les autres.</translation>
  </message>
  <message>
   <source>Shrinkage</source>
   <translation>Rétrécissement</translation>
  </message>
  <message>
   <source>For whiten and Mahalanobis: 0 trusts the covariance of the cells wholly, 1 takes all directions for equally wide.</source>
   <translation>Pour whiten et Mahalanobis : 0 se fie entièrement à la covariance des cellules, 1 tient toutes les directions pour aussi larges.</translation>
  </message>
  <message>
   <source>Scores from it on count as found. Empty: one is chosen for each query, see below; look at the histogram of the report before you trust it.</source>
   <translation>À partir de lui, un score compte comme trouvé. Vide : il est choisi pour chaque requête, voir plus bas ; regardez l'histogramme du rapport avant de vous y fier.</translation>
  </message>
  <message>
   <source>Threshold where none is given</source>
   <translation>Seuil quand aucun n'est donné</translation>
  </message>
  <message>
   <source>examples: what four of five examples reach when each is compared with the others; needs three of them. Otsu: where the scores split best, which finds too much of what is rare. auto: examples where there are three, otherwise Otsu.</source>
   <translation>examples : ce qu'atteignent quatre exemples sur cinq quand chacun est comparé aux autres ; il en faut trois. Otsu : là où les scores se séparent le mieux, ce qui trouve trop de ce qui est rare. auto : examples s'il y en a trois, sinon Otsu.</translation>
  </message>
  <message>
   <source>Smallest area of a region</source>
   <translation>Surface minimale d'une région</translation>
  </message>
  <message>
   <source>Smaller ones are left out; in squares of map units where the raster has no CRS.</source>
   <translation>Les plus petites sont écartées ; en carrés d'unités de carte si le raster n'a pas de SCR.</translation>
  </message>
  <message>
   <source>Number of places</source>
   <translation>Nombre de lieux</translation>
  </message>
  <message>
   <source>For each query, the best ones.</source>
   <translation>Pour chaque requête, les meilleurs.</translation>
  </message>
  <message>
   <source>Least distance between places</source>
   <translation>Distance minimale entre lieux</translation>
  </message>
  <message>
   <source>Places nearer than this to a better one, or to an example, are left out.</source>
   <translation>Les lieux plus proches d'un meilleur, ou d'un exemple, sont écartés.</translation>
  </message>
  <message>
   <source>Search only this part, enlarged to whole cells. Examples may lie anywhere in the raster.</source>
   <translation>Ne fouille que cette partie, agrandie à des cellules entières. Les exemples peuvent se trouver partout dans le raster.</translation>
  </message>
  <message>
   <source>Similarity</source>
   <translation>Similarité</translation>
  </message>
  <message>
   <source>A band for each query.</source>
   <translation>Une bande par requête.</translation>
  </message>
  <message>
   <source>Most similar query</source>
   <translation>Requête la plus semblable</translation>
  </message>
  <message>
   <source>The number of the query with the highest score, 0 where none reaches its threshold.</source>
   <translation>Le numéro de la requête de plus haut score, 0 si aucune n'atteint son seuil.</translation>
  </message>
  <message>
   <source>Regions</source>
   <translation>Régions</translation>
  </message>
  <message>
   <source>Neighbouring cells above the threshold as polygons, with their mean and highest score and their area.</source>
   <translation>Les cellules voisines au-dessus du seuil, en polygones avec leur score moyen et le plus haut, et leur surface.</translation>
  </message>
  <message>
   <source>Places</source>
   <translation>Lieux</translation>
  </message>
  <message>
   <source>The best places of each query.</source>
   <translation>Les meilleurs lieux de chaque requête.</translation>
  </message>
  <message>
   <source>To run the same query on other rasters, with *Apply a model*.</source>
   <translation>Pour lancer la même requête sur d'autres rasters, avec *Appliquer un modèle*.</translation>
  </message>
  <message>
   <source>Histogram with the threshold, and pictures of the best places.</source>
   <translation>Histogramme avec le seuil, et images des meilleurs lieux.</translation>
  </message>
  <message>
   <source>Suggest where to label</source>
   <translation>Proposer où étiqueter</translation>
  </message>
  <message>
   <source>active learning</source>
   <translation>apprentissage actif</translation>
  </message>
  <message>
   <source>sampling</source>
   <translation>échantillonnage</translation>
  </message>
  <message>
   <source>training data</source>
   <translation>données d'apprentissage</translation>
  </message>
  <message>
   <source>annotate</source>
   <translation>annoter</translation>
  </message>
  <message>
   <source>few labels</source>
   <translation>peu d'étiquettes</translation>
  </message>
  <message>
   <source>Find the places whose labels would teach a model most, so that few of them make a good map.</source>
   <translation>Trouve les lieux dont les étiquettes apprendraient le plus à un modèle, pour qu'un petit nombre suffise à une bonne carte.</translation>
  </message>
  <message>
   <source>With a model: places that it can't tell between two classes, that are unlike all its labels, or that stand for much of the raster; no two of them alike. Look at each point in QGIS, write what it is into the empty column, and train again with the layer among *More layers of labels*. Rounds of ten to twenty points do better than one of a hundred.</source>
   <translation>Avec un modèle : des lieux où il ne peut trancher entre deux classes, qui ne ressemblent à aucune de ses étiquettes, ou qui représentent une grande part du raster ; tous différents entre eux. Regardez chaque point dans QGIS, écrivez ce que c'est dans la colonne vide, et entraînez à nouveau en ajoutant la couche aux *Autres couches d'étiquettes*. Des tours de dix à vingt points valent mieux qu'un seul de cent.</translation>
  </message>
  <message>
   <source>Without a model: the first places to label. They stand for as much of the raster as so few can, so that rare kinds of places come up that random points miss.</source>
   <translation>Sans modèle : les premiers lieux à étiqueter. Ils représentent du raster tout ce qu'un si petit nombre peut représenter ; des sortes de lieux rares, que des points au hasard manquent, y apparaissent donc.</translation>
  </message>
  <message>
   <source>The guess is what the model thinks now. It is often wrong here: that is why the place was chosen. For the same reason these points can't tell how good a map is; draw points at random for that.</source>
   <translation>La supposition est ce que le modèle pense maintenant. Elle est souvent fausse ici : c'est pourquoi le lieu a été choisi. Pour la même raison, ces points ne peuvent pas dire combien une carte est bonne ; pour cela, tirez des points au hasard.</translation>
  </message>
  <message>
   <source>Features from *Encode*, or any other raster; with a model, as it was trained.</source>
   <translation>Descripteurs produits par *Encoder une image*, ou tout autre raster ; avec un modèle, tel qu'à son entraînement.</translation>
  </message>
  <message>
   <source>Other rasters of the same place. With a model: the same kinds as at the training, in the same order.</source>
   <translation>D'autres rasters du même lieu. Avec un modèle : les mêmes sortes qu'à l'entraînement, dans le même ordre.</translation>
  </message>
  <message>
   <source>A file that a training has written. Empty: nothing is labelled yet, or nothing is trained.</source>
   <translation>Un fichier écrit par un entraînement. Vide : rien n'est encore étiqueté, ou rien n'est entraîné.</translation>
  </message>
  <message>
   <source>Labels there are</source>
   <translation>Étiquettes existantes</translation>
  </message>
  <message>
   <source>Points, lines or polygons that are labelled, or will be. Suggestions keep away from them, and from what looks like them.</source>
   <translation>Des points, lignes ou polygones qui sont étiquetés ou le seront. Les propositions s'en tiennent à l'écart, comme de ce qui leur ressemble.</translation>
  </message>
  <message>
   <source>How many you will label before you train again.</source>
   <translation>Combien vous en étiquetterez avant d'entraîner à nouveau.</translation>
  </message>
  <message>
   <source>On the ground, and from labels there are. Empty: a hundredth of the raster's diagonal, three cells at least. In cells where the raster has no CRS.</source>
   <translation>Au sol, et aussi par rapport aux étiquettes existantes. Vide : un centième de la diagonale du raster, trois cellules au moins. En cellules si le raster n'a pas de SCR.</translation>
  </message>
  <message>
   <source>Weight of unlike places</source>
   <translation>Poids des lieux différents</translation>
  </message>
  <message>
   <source>0: only what the model is unsure of counts. 100: only what is unlike all labels, good for the first rounds and for rare classes. Models of numbers tell no doubt, so they always take 100.</source>
   <translation>0 : seul compte ce dont le modèle n'est pas sûr. 100 : seul compte ce qui ne ressemble à aucune étiquette, bon pour les premiers tours et les classes rares. Les modèles de nombres ne disent pas leur doute, ils prennent donc toujours 100.</translation>
  </message>
  <message>
   <source>Empty: those of the same numbers as at the training; without a model all but transparency.</source>
   <translation>Vide : celles des mêmes numéros qu'à l'entraînement ; sans modèle, toutes sauf la transparence.</translation>
  </message>
  <message>
   <source>Only places in this part of the raster, enlarged to whole cells.</source>
   <translation>Seulement des lieux de cette partie du raster, agrandie à des cellules entières.</translation>
  </message>
  <message>
   <source>Places to label</source>
   <translation>Lieux à étiqueter</translation>
  </message>
  <message>
   <source>Points with their rank, the current guess, and an empty column for the label, named as that of the training; *class* without a model.</source>
   <translation>Des points avec leur rang, la supposition actuelle et une colonne vide pour l'étiquette, nommée comme celle de l'entraînement ; *class* sans modèle.</translation>
  </message>
  <message>
   <source>Train: scikit-learn by name</source>
   <translation>Entraîner : scikit-learn par nom</translation>
  </message>
  <message>
   <source>supervised classification</source>
   <translation>classification supervisée</translation>
  </message>
  <message>
   <source>regression</source>
   <translation>régression</translation>
  </message>
  <message>
   <source>machine learning</source>
   <translation>apprentissage automatique</translation>
  </message>
  <message>
   <source>cross-validation</source>
   <translation>validation croisée</translation>
  </message>
  <message>
   <source>Learn from a handful of labels what to map, check it honestly, and save the model.</source>
   <translation>Apprend de quelques étiquettes ce qu'il faut cartographier, le vérifie honnêtement et enregistre le modèle.</translation>
  </message>
  <message>
   <source>Draw ten or more points or small polygons for each class, spread over the whole raster: fewer do for some methods, but can't be checked. The report tells how good the map will be: parts of the ground are held out in turn, and what is learnt from the others is compared with their labels. It also lists labels that look wrong. With the model, *Apply a model* makes the map, on this raster or the next.</source>
   <translation>Dessinez au moins dix points ou petits polygones par classe, répartis sur tout le raster : moins suffisent à certaines méthodes, mais ne permettent pas de vérifier. Le rapport dit combien la carte sera bonne : des parties du terrain sont mises de côté tour à tour, et ce qui est appris des autres est comparé à leurs étiquettes. Il liste aussi les étiquettes qui semblent fausses. Avec le modèle, *Appliquer un modèle* fait la carte, sur ce raster ou le suivant.</translation>
  </message>
  <message>
   <source>Features of an encoder often do better together with the image itself, its surroundings, or heights: see *Stack with*.</source>
   <translation>Les descripteurs d'un encodeur font souvent mieux avec l'image elle-même, ses alentours ou des hauteurs : voir *Empiler avec*.</translation>
  </message>
  <message>
   <source>Any other classifier or regressor of scikit-learn, by its name, for people who know what they look for.</source>
   <translation>Tout autre classifieur ou régresseur de scikit-learn, par son nom, pour qui sait ce qu'il cherche.</translation>
  </message>
  <message>
   <source>Such as AdaBoost, Bagging, GradientBoosting, Stacking, Voting, RadiusNeighbors, NearestCentroid, GaussianNB or QuadraticDiscriminantAnalysis. Names without *Classifier* or *Regressor* take what suits the task. Options are those of scikit-learn, and so are the defaults, but for what would not work here: Stacking and Voting get three methods to combine, and a radius is measured where none is given.</source>
   <translation>Par exemple AdaBoost, Bagging, GradientBoosting, Stacking, Voting, RadiusNeighbors, NearestCentroid, GaussianNB ou QuadraticDiscriminantAnalysis. Les noms sans *Classifier* ni *Regressor* prennent ce qui convient à la tâche. Les options sont celles de scikit-learn, les valeurs par défaut aussi, sauf celles qui ne fonctionneraient pas ici : Stacking et Voting reçoivent trois méthodes à combiner, et un rayon est mesuré si aucun n'est donné.</translation>
  </message>
  <message>
   <source>Other rasters of the same place: features of another encoder, the image itself, heights. They are brought to the cells of the first.</source>
   <translation>D'autres rasters du même lieu : descripteurs d'un autre encodeur, l'image elle-même, des hauteurs. Ils sont ramenés aux cellules du premier.</translation>
  </message>
  <message>
   <source>Take blocks unless you know why not. blocks: spatial blocks are held out in turn, which tells how good the map is where there are no labels. random: single points, lines or polygons are held out, which flatters, for their neighbours stay. column: what has the same value in *Column with folds*. scenes: whole rasters, with *More rasters to learn from*. none: not checked, so nobody knows how good the map is.</source>
   <translation>Prenez blocks, à moins de savoir pourquoi non. blocks : des blocs spatiaux sont mis de côté tour à tour, ce qui dit combien la carte est bonne là où il n'y a pas d'étiquettes. random : des points, lignes ou polygones isolés sont mis de côté, ce qui flatte, car leurs voisins restent. column : ce qui a la même valeur dans *Colonne des plis*. scenes : des rasters entiers, avec *Autres rasters dont apprendre*. none : pas de vérification, et personne ne sait combien la carte est bonne.</translation>
  </message>
  <message>
   <source>Deviation within cells</source>
   <translation>Écart type dans les cellules</translation>
  </message>
  <message>
   <source>Of rasters that are finer than the cells: not only the mean of their pixels in a cell, but how much they differ too.</source>
   <translation>Pour les rasters plus fins que les cellules : non seulement la moyenne de leurs pixels dans une cellule, mais aussi combien ils diffèrent.</translation>
  </message>
  <message>
   <source>Window</source>
   <translation>Fenêtre</translation>
  </message>
  <message>
   <source>Odd. Of rasters that no encoder made: mean and deviation in a window of so many cells around each cell too. 1: none.</source>
   <translation>Impair. Pour les rasters qu'aucun encodeur n'a faits : aussi la moyenne et l'écart type dans une fenêtre d'autant de cellules autour de chaque cellule. 1 : aucune fenêtre.</translation>
  </message>
  <message>
   <source>Cells</source>
   <translation>Cellules</translation>
  </message>
  <message>
   <source>input: those of the first raster. finest: those of the finest raster of the stack, to which features are interpolated.</source>
   <translation>input : celles du premier raster. finest : celles du raster le plus fin de la pile, sur lesquelles les descripteurs sont interpolés.</translation>
  </message>
  <message>
   <source>More rasters to learn from</source>
   <translation>Autres rasters dont apprendre</translation>
  </message>
  <message>
   <source>Features of the same encoder of other places or dates. Labels count on each raster that they lie on, and so do the rasters to stack with.</source>
   <translation>Des descripteurs du même encodeur, d'autres lieux ou d'autres dates. Les étiquettes comptent sur chaque raster où elles se trouvent, les rasters à empiler aussi.</translation>
  </message>
  <message>
   <source>standardise: all bands count alike. rasters alike: so do all rasters of a stack, however many bands they have. unit length: only the direction of a cell's features counts. auto: what suits the method.</source>
   <translation>standardise : toutes les bandes comptent autant. rasters alike : tous les rasters d'une pile aussi, quel que soit leur nombre de bandes. unit length : seule compte la direction des descripteurs d'une cellule. auto : ce qui convient à la méthode.</translation>
  </message>
  <message>
   <source>Principal components that the method is given instead of all bands. They are found anew from the labels that are not held out.</source>
   <translation>Composantes principales que la méthode reçoit au lieu de toutes les bandes. Elles sont recalculées à partir des étiquettes qui ne sont pas mises de côté.</translation>
  </message>
  <message>
   <source>Look for better settings</source>
   <translation>Chercher de meilleurs réglages</translation>
  </message>
  <message>
   <source>Tries some settings of the method on parts of the labels. thorough takes many times as long.</source>
   <translation>Essaie quelques réglages de la méthode sur des parties des étiquettes. thorough prend bien plus de temps.</translation>
  </message>
  <message>
   <source>Labels to test with</source>
   <translation>Étiquettes de test</translation>
  </message>
  <message>
   <source>A layer of its own with a column of the same name, that nothing is learnt from.</source>
   <translation>Une couche à part, avec une colonne du même nom, dont rien n'est appris.</translation>
  </message>
  <message>
   <source>Error rate of sets</source>
   <translation>Taux d'erreur des ensembles</translation>
  </message>
  <message>
   <source>10: the classes that the map can't rule out hold the right one in 9 of 10 places. Of numbers: so does the interval.</source>
   <translation>10 : les classes que la carte ne peut exclure contiennent la bonne dans 9 lieux sur 10. Pour des nombres : de même pour l'intervalle.</translation>
  </message>
  <message>
   <source>Extent of the map</source>
   <translation>Emprise de la carte</translation>
  </message>
  <message>
   <source>Only this part is mapped, enlarged to whole cells. Labels count everywhere.</source>
   <translation>Seule cette partie est cartographiée, agrandie à des cellules entières. Les étiquettes comptent partout.</translation>
  </message>
  <message>
   <source>Name</source>
   <translation>Nom</translation>
  </message>
  <message>
   <source>Such as AdaBoost, GradientBoostingClassifier or sklearn.svm.NuSVC.</source>
   <translation>Par exemple AdaBoost, GradientBoostingClassifier ou sklearn.svm.NuSVC.</translation>
  </message>
  <message>
   <source>Options</source>
   <translation>Options</translation>
  </message>
  <message>
   <source>As JSON, such as {"n_estimators": 200}. Methods inside others by name: {"estimator": "DecisionTree"}, or with options of their own: {"estimator": {"name": "DecisionTree", "options": {"max_depth": 2}}}.</source>
   <translation>En JSON, par exemple {"n_estimators": 200}. Les méthodes contenues dans d'autres, par leur nom : {"estimator": "DecisionTree"}, ou avec leurs propres options : {"estimator": {"name": "DecisionTree", "options": {"max_depth": 2}}}.</translation>
  </message>
  <message>
   <source>How good the map is, where it fails, and which labels look wrong.</source>
   <translation>Combien la carte est bonne, où elle échoue, et quelles étiquettes semblent fausses.</translation>
  </message>
  <message>
   <source>The map at once. *Apply a model* offers more.</source>
   <translation>La carte tout de suite. *Appliquer un modèle* offre davantage.</translation>
  </message>
  <message>
   <source>With the map, as bands: confidence (of numbers: half of the interval), number of classes that can't be ruled out, how unlike all labels a cell is, and whether it is too unlike.</source>
   <translation>Avec la carte, en bandes : la confiance (pour des nombres : la moitié de l'intervalle), le nombre de classes qui ne peuvent être exclues, combien une cellule diffère de toutes les étiquettes, et si elle en diffère trop.</translation>
  </message>
  <message>
   <source>Suspicious labels</source>
   <translation>Étiquettes suspectes</translation>
  </message>
  <message>
   <source>Labels that what is learnt from the others contradicts.</source>
   <translation>Les étiquettes que contredit ce qui est appris des autres.</translation>
  </message>
  <message>
   <source>Accuracy, by class too, and the table of errors.</source>
   <translation>L'exactitude, par classe aussi, et la matrice des erreurs.</translation>
  </message>
  <message>
   <source>Train: Extra trees</source>
   <translation>Entraîner : Extra trees</translation>
  </message>
  <message>
   <source>Extra trees: like a random forest, but splits are drawn at random, which makes smoother maps.</source>
   <translation>Extra trees (arbres extrêmement aléatoires) : comme une forêt aléatoire, mais les coupures sont tirées au hasard, ce qui donne des cartes plus lisses.</translation>
  </message>
  <message>
   <source>Often as good as a random forest or a little better where many bands tell the same, as features do, and faster to train. Choose it when a random forest draws sharp borders that are not there.</source>
   <translation>Souvent aussi bon qu'une forêt aléatoire, ou un peu meilleur là où beaucoup de bandes disent la même chose, comme le font les descripteurs, et plus rapide à entraîner. À choisir quand une forêt aléatoire dessine des limites nettes qui n'existent pas.</translation>
  </message>
  <message>
   <source>Trees</source>
   <translation>Arbres</translation>
  </message>
  <message>
   <source>More: steadier, slower, and a larger model file.</source>
   <translation>Plus : plus stable, plus lent, et un fichier de modèle plus gros.</translation>
  </message>
  <message>
   <source>Labels in a leaf</source>
   <translation>Étiquettes par feuille</translation>
  </message>
  <message>
   <source>A tree stops where fewer are left. More: smoother maps, and less harm by wrong labels.</source>
   <translation>Un arbre s'arrête là où il en reste moins. Plus : des cartes plus lisses, et des étiquettes fausses moins nuisibles.</translation>
  </message>
  <message>
   <source>Bands tried at a split</source>
   <translation>Bandes essayées à une coupure</translation>
  </message>
  <message>
   <source>root: the square root of their number. More: each tree is better, but they are less different.</source>
   <translation>root : la racine carrée de leur nombre. Plus : chaque arbre est meilleur, mais ils diffèrent moins.</translation>
  </message>
  <message>
   <source>Train: Gaussian process</source>
   <translation>Entraîner : processus gaussien</translation>
  </message>
  <message>
   <source>Gaussian process: smooth surfaces through the labels, whose smoothness is found from the labels themselves.</source>
   <translation>Processus gaussien : des surfaces lisses passant par les étiquettes, dont la régularité est tirée des étiquettes elles-mêmes.</translation>
  </message>
  <message>
   <source>Needs no settings and knows well how sure it is: for up to some hundred labels, above all for numbers. Time grows with the third power of the labels, so it learns from as many as set here. Mapping is slow. Where classes count alike, probabilities are divided by the shares of the classes among the labels.</source>
   <translation>Ne demande aucun réglage et sait bien à quel point il est sûr : pour quelques centaines d'étiquettes au plus, surtout pour des nombres. Le temps croît comme le cube du nombre d'étiquettes, il n'apprend donc que du nombre fixé ici. La cartographie est lente. Si les classes sont à égalité, les probabilités sont divisées par les parts des classes parmi les étiquettes.</translation>
  </message>
  <message>
   <source>Labels at most</source>
   <translation>Étiquettes au plus</translation>
  </message>
  <message>
   <source>Of more, so many are drawn evenly. 1000 take minutes.</source>
   <translation>S'il y en a davantage, ce nombre en est tiré uniformément. 1000 prennent des minutes.</translation>
  </message>
  <message>
   <source>Smoothness</source>
   <translation>Régularité</translation>
  </message>
  <message>
   <source>less: surfaces may have folds, which real ones often do.</source>
   <translation>less : les surfaces peuvent avoir des plis, comme souvent en réalité.</translation>
  </message>
  <message>
   <source>Train: Gradient boosting</source>
   <translation>Entraîner : gradient boosting</translation>
  </message>
  <message>
   <source>Gradient boosting: trees are grown one after the other, each where those before are still wrong.</source>
   <translation>Gradient boosting : les arbres poussent l'un après l'autre, chacun là où les précédents se trompent encore.</translation>
  </message>
  <message>
   <source>The most accurate of the tree methods where there are thousands of labels, in any mix of rasters. With fewer than some hundred it learns the labels by heart: prefer a random forest or logistic regression. Training is slow with hundreds of bands.</source>
   <translation>La plus exacte des méthodes à arbres quand il y a des milliers d'étiquettes, avec n'importe quel mélange de rasters. Avec moins de quelques centaines, elle apprend les étiquettes par cœur : préférer une forêt aléatoire ou la régression logistique. L'entraînement est lent avec des centaines de bandes.</translation>
  </message>
  <message>
   <source>More, with a lower learning rate: finer and slower.</source>
   <translation>Plus, avec un taux d'apprentissage plus bas : plus fin et plus lent.</translation>
  </message>
  <message>
   <source>Learning rate</source>
   <translation>Taux d'apprentissage</translation>
  </message>
  <message>
   <source>How much of each tree's correction is kept. Smaller: steadier, with more trees.</source>
   <translation>Quelle part de la correction de chaque arbre est gardée. Plus petit : plus stable, avec plus d'arbres.</translation>
  </message>
  <message>
   <source>Leaves of a tree</source>
   <translation>Feuilles d'un arbre</translation>
  </message>
  <message>
   <source>More: bands act together in more intricate ways.</source>
   <translation>Plus : les bandes agissent ensemble de façons plus complexes.</translation>
  </message>
  <message>
   <source>At least. More: less is learnt by heart.</source>
   <translation>Au moins. Plus : moins est appris par cœur.</translation>
  </message>
  <message>
   <source>Drawn anew each time. Fewer: faster, and trees differ more. With fewer than 20 bands all are tried.</source>
   <translation>Tirées à nouveau chaque fois. Moins : plus rapide, et des arbres plus différents. S'il y a moins de 20 bandes, toutes sont essayées.</translation>
  </message>
  <message>
   <source>Train: k nearest neighbours</source>
   <translation>Entraîner : k plus proches voisins</translation>
  </message>
  <message>
   <source>k nearest neighbours: each cell gets what the labelled cells have whose features are most like its own.</source>
   <translation>k plus proches voisins : chaque cellule reçoit ce qu'ont les cellules étiquetées dont les descripteurs ressemblent le plus aux siens.</translation>
  </message>
  <message>
   <source>Nothing is fitted, so the result is easy to understand, and a few labels are enough where features are good. With many bands that tell nothing it suffers: compress first. Mapping takes longer the more labels there are. Where classes count alike, the vote of a neighbour weighs less the more labels its class has.</source>
   <translation>Rien n'est ajusté, le résultat est donc facile à comprendre, et peu d'étiquettes suffisent quand les descripteurs sont bons. Beaucoup de bandes qui ne disent rien lui nuisent : compresser d'abord. La cartographie dure d'autant plus qu'il y a d'étiquettes. Si les classes sont à égalité, le vote d'un voisin pèse d'autant moins que sa classe a d'étiquettes.</translation>
  </message>
  <message>
   <source>1: the most similar label decides. More: smoother, but classes of few labels lose.</source>
   <translation>1 : l'étiquette la plus semblable décide. Plus : plus lisse, mais les classes qui ont peu d'étiquettes y perdent.</translation>
  </message>
  <message>
   <source>distance: the nearer ones count more.</source>
   <translation>distance : les plus proches comptent davantage.</translation>
  </message>
  <message>
   <source>Train: Linear discriminant analysis</source>
   <translation>Entraîner : analyse discriminante linéaire</translation>
  </message>
  <message>
   <source>Linear discriminant analysis: classes are clouds of the same shape around their means. For classes only.</source>
   <translation>Analyse discriminante linéaire : les classes sont des nuages de même forme autour de leurs moyennes. Pour des classes seulement.</translation>
  </message>
  <message>
   <source>Very fast, with nothing to set, and good with few labels on many features, since the shape is learnt from all classes together and drawn towards a sphere as far as the labels ask for. Choose another method where classes have several kinds of places in them.</source>
   <translation>Très rapide, sans rien à régler, et bonne avec peu d'étiquettes sur de nombreux descripteurs, car la forme est apprise de toutes les classes ensemble et ramenée vers une sphère autant que les étiquettes le demandent. Choisir une autre méthode si les classes réunissent plusieurs sortes de lieux.</translation>
  </message>
  <message>
   <source>1: all bands vary alike and on their own. 0: just as the labels show. Empty: what suits their number.</source>
   <translation>1 : toutes les bandes varient autant, chacune pour soi. 0 : exactement ce que montrent les étiquettes. Vide : ce qui convient à leur nombre.</translation>
  </message>
  <message>
   <source>Train: Logistic regression</source>
   <translation>Entraîner : régression logistique</translation>
  </message>
  <message>
   <source>Logistic regression: a weighted sum of the bands for each class. The first choice for a handful of labels on features.</source>
   <translation>Régression logistique : une somme pondérée des bandes pour chaque classe. Le premier choix pour quelques étiquettes sur des descripteurs.</translation>
  </message>
  <message>
   <source>Features of an encoder hold what is seen already, so that a straight cut through them is enough, and there is little that could be learnt by heart. Probabilities mean what they say. Training and mapping take seconds. On raw bands, where classes are not told apart by sums, try a random forest. Numbers are learnt by ridge regression.</source>
   <translation>Les descripteurs d'un encodeur contiennent déjà ce que l'on voit : une coupure droite y suffit, et il y a peu à apprendre par cœur. Les probabilités veulent dire ce qu'elles disent. L'entraînement et la cartographie prennent des secondes. Sur des bandes brutes, où des sommes ne séparent pas les classes, essayer une forêt aléatoire. Les nombres sont appris par régression ridge.</translation>
  </message>
  <message>
   <source>Strength</source>
   <translation>Force</translation>
  </message>
  <message>
   <source>How closely labels are followed. Smaller: steadier, for few or wrong labels. Larger: for many labels that can be trusted.</source>
   <translation>De combien près les étiquettes sont suivies. Plus petite : plus stable, pour des étiquettes peu nombreuses ou fausses. Plus grande : pour de nombreuses étiquettes fiables.</translation>
  </message>
  <message>
   <source>Of the search for weights, at most.</source>
   <translation>De la recherche des poids, au plus.</translation>
  </message>
  <message>
   <source>Train: Neural network</source>
   <translation>Entraîner : réseau de neurones</translation>
  </message>
  <message>
   <source>Neural network: one or more layers of units between bands and classes.</source>
   <translation>Réseau de neurones : une ou plusieurs couches d'unités entre les bandes et les classes.</translation>
  </message>
  <message>
   <source>Learns curved borders between classes from hundreds of labels and more. With fewer, logistic regression is as good and steadier. Another random seed gives another network: compare a few before trusting small differences.</source>
   <translation>Apprend des limites courbes entre les classes à partir de centaines d'étiquettes. Avec moins, la régression logistique est aussi bonne et plus stable. Une autre graine aléatoire donne un autre réseau : en comparer quelques-uns avant de se fier à de petites différences.</translation>
  </message>
  <message>
   <source>Units of a layer</source>
   <translation>Unités d'une couche</translation>
  </message>
  <message>
   <source>More: finer borders, for more labels.</source>
   <translation>Plus : des limites plus fines, pour plus d'étiquettes.</translation>
  </message>
  <message>
   <source>1 is enough for features of an encoder.</source>
   <translation>1 suffit pour les descripteurs d'un encodeur.</translation>
  </message>
  <message>
   <source>Penalty</source>
   <translation>Pénalité</translation>
  </message>
  <message>
   <source>Of large weights. Larger: steadier, for few labels.</source>
   <translation>Sur les grands poids. Plus grande : plus stable, pour peu d'étiquettes.</translation>
  </message>
  <message>
   <source>Through all labels, at most.</source>
   <translation>À travers toutes les étiquettes, au plus.</translation>
  </message>
  <message>
   <source>Train: Nearest prototype</source>
   <translation>Entraîner : plus proche prototype</translation>
  </message>
  <message>
   <source>Nearest prototype: a cell belongs to the class whose mean features point the same way as its own. For classes only.</source>
   <translation>Plus proche prototype : une cellule appartient à la classe dont les descripteurs moyens pointent dans la même direction que les siens. Pour des classes seulement.</translation>
  </message>
  <message>
   <source>The simplest method: one or two labels a class are enough on features of an encoder, and nothing can be learnt by heart. With more labels, others get better and this one does not. All classes count alike, however many labels they have.</source>
   <translation>La méthode la plus simple : une ou deux étiquettes par classe suffisent sur les descripteurs d'un encodeur, et rien ne peut être appris par cœur. Avec plus d'étiquettes, d'autres s'améliorent et celle-ci non. Toutes les classes sont à égalité, quel que soit leur nombre d'étiquettes.</translation>
  </message>
  <message>
   <source>Train: Random forest</source>
   <translation>Entraîner : forêt aléatoire</translation>
  </message>
  <message>
   <source>Random forest: many decision trees, each grown on a part of the labels and bands, vote.</source>
   <translation>Forêt aléatoire : de nombreux arbres de décision votent, chacun issu d'une partie des étiquettes et des bandes.</translation>
  </message>
  <message>
   <source>A robust choice that needs no settings, whatever the bands measure and however they are scaled: good for rasters of different kinds stacked together, and for hundreds of labels and more. With a handful of labels on many features, logistic regression does better. Training takes seconds, mapping is slower than with linear methods.</source>
   <translation>Un choix robuste qui ne demande aucun réglage, quoi que mesurent les bandes et quelle que soit leur échelle : bon pour des rasters de sortes différentes empilés, et à partir de centaines d'étiquettes. Avec quelques étiquettes sur de nombreux descripteurs, la régression logistique fait mieux. L'entraînement prend des secondes, la cartographie est plus lente qu'avec les méthodes linéaires.</translation>
  </message>
  <message>
   <source>root: the square root of their number. Fewer make trees more different, which helps where many bands tell the same.</source>
   <translation>root : la racine carrée de leur nombre. Moins de bandes rendent les arbres plus différents, ce qui aide quand beaucoup de bandes disent la même chose.</translation>
  </message>
  <message>
   <source>Train: Ridge</source>
   <translation>Entraîner : ridge</translation>
  </message>
  <message>
   <source>Ridge: a weighted sum of the bands that is kept small, found in one step. The fastest method there is.</source>
   <translation>Ridge : une somme pondérée des bandes, tenue petite, trouvée en une seule étape. La méthode la plus rapide qui soit.</translation>
  </message>
  <message>
   <source>For numbers, such as heights, shares or biomass, the first choice with few labels on features. Classes are learnt as numbers 1 and -1, which is about as good as logistic regression, faster with thousands of labels, but probabilities are estimates.</source>
   <translation>Pour des nombres, comme des hauteurs, des parts ou de la biomasse, le premier choix avec peu d'étiquettes sur des descripteurs. Les classes sont apprises comme les nombres 1 et -1, ce qui est à peu près aussi bon que la régression logistique et plus rapide avec des milliers d'étiquettes, mais les probabilités sont des estimations.</translation>
  </message>
  <message>
   <source>Larger: steadier, for few labels or many bands. Smaller: follows the labels more closely.</source>
   <translation>Plus grande : plus stable, pour peu d'étiquettes ou beaucoup de bandes. Plus petite : suit les étiquettes de plus près.</translation>
  </message>
  <message>
   <source>Train: Support vector machine</source>
   <translation>Entraîner : machine à vecteurs de support</translation>
  </message>
  <message>
   <source>Support vector machine: the cut between classes that keeps farthest from the labels of either.</source>
   <translation>Machine à vecteurs de support : la coupure entre les classes qui reste le plus loin possible des étiquettes des unes et des autres.</translation>
  </message>
  <message>
   <source>A strong choice for some ten to some thousand labels. *linear* for features of an encoder and very few labels, *RBF* where borders between classes are curved, as on raw bands. Probabilities are estimated afterwards. Slow beyond ten thousand labels.</source>
   <translation>Un choix solide pour quelques dizaines à quelques milliers d'étiquettes. *linear* pour les descripteurs d'un encodeur et très peu d'étiquettes, *RBF* quand les limites entre classes sont courbes, comme sur des bandes brutes. Les probabilités sont estimées après coup. Lente au-delà de dix mille étiquettes.</translation>
  </message>
  <message>
   <source>linear: straight cuts. RBF: curved ones.</source>
   <translation>linear : des coupures droites. RBF : des coupures courbes.</translation>
  </message>
  <message>
   <source>Larger: fewer labels may lie on the wrong side. Smaller: steadier.</source>
   <translation>Plus grande : moins d'étiquettes peuvent se trouver du mauvais côté. Plus petite : plus stable.</translation>
  </message>
  <message>
   <source>RBF: how far the influence of a label reaches, where 1 suits the spread of the features.</source>
   <translation>RBF : jusqu'où porte l'influence d'une étiquette, où 1 convient à la dispersion des descripteurs.</translation>
  </message>
  <message>
   <source>Groups the features; clusters that are alike get colours that are alike.</source>
   <translation>Regroupe les descripteurs ; les groupes qui se ressemblent ont des couleurs qui se ressemblent.</translation>
  </message>
  <message>
   <source>Map of clusters</source>
   <translation>Carte des groupes</translation>
  </message>
  <message>
   <source>Describes every patch of the photo by some hundred numbers: the features.</source>
   <translation>Décrit chaque parcelle de la photo par quelques centaines de nombres : les descripteurs.</translation>
  </message>
  <message>
   <source>9 Ready-made models</source>
   <translation>9 Modèles prêts à l'emploi</translation>
  </message>
  <message>
   <source>Aerial photo → features → clusters</source>
   <translation>Photo aérienne → descripteurs → groupes</translation>
  </message>
  <message>
   <source>Aerial photo</source>
   <translation>Photo aérienne</translation>
  </message>
  <message>
   <source>Part of the photo</source>
   <translation>Partie de la photo</translation>
  </message>
  <message>
   <source>A map of groups of places that look alike. No labels are needed: what a group means is for you to say.</source>
   <translation>Une carte de groupes de lieux qui se ressemblent. Aucune étiquette n'est nécessaire : c'est à vous de dire ce que veut dire un groupe.</translation>
  </message>
  <message>
   <source>More than you need is fine: alike clusters are easily taken together.</source>
   <translation>Plus qu'il n'en faut ne nuit pas : des groupes semblables se réunissent aisément.</translation>
  </message>
  <message>
   <source>MOSAIKS needs no download. The help of Encode lists size, licence and origin of each.</source>
   <translation>MOSAIKS ne demande aucun téléchargement. L'aide d'« Encoder une image » donne la taille, la licence et l'origine de chacun.</translation>
  </message>
  <message>
   <source>Or any other raster: a satellite image, an elevation model.</source>
   <translation>Ou tout autre raster : une image satellite, un modèle d'élévation.</translation>
  </message>
  <message>
   <source>Empty: all of it. A small part shows in a minute what to expect.</source>
   <translation>Vide : tout. Une petite partie montre en une minute à quoi s'attendre.</translation>
  </message>
  <message>
   <source>The three directions in which the features differ most become red, green and blue.</source>
   <translation>Les trois directions dans lesquelles les descripteurs diffèrent le plus deviennent rouge, vert et bleu.</translation>
  </message>
  <message>
   <source>PCA picture</source>
   <translation>Image de l'ACP</translation>
  </message>
  <message>
   <source>Aerial photo → features → PCA picture</source>
   <translation>Photo aérienne → descripteurs → image de l'ACP</translation>
  </message>
  <message>
   <source>A picture of what an encoder sees: places that look alike get colours that are alike. No labels are needed.</source>
   <translation>Une image de ce que voit un encodeur : les lieux qui se ressemblent ont des couleurs qui se ressemblent. Aucune étiquette n'est nécessaire.</translation>
  </message>
  <message>
   <source>Compares the features of every place with those below the points.</source>
   <translation>Compare les descripteurs de chaque lieu à ceux qui sont sous les points.</translation>
  </message>
  <message>
   <source>Most similar places</source>
   <translation>Lieux les plus ressemblants</translation>
  </message>
  <message>
   <source>Map of similarity</source>
   <translation>Carte de ressemblance</translation>
  </message>
  <message>
   <source>Aerial photo → features → find more like these points</source>
   <translation>Photo aérienne → descripteurs → trouver d'autres lieux comme ces points</translation>
  </message>
  <message>
   <source>The places that look most like a few examples, as points, and how similar every other place is. Put five points or so on what you look for, of different looks.</source>
   <translation>Les lieux qui ressemblent le plus à quelques exemples, en points, et la ressemblance de tous les autres. Posez environ cinq points sur ce que vous cherchez, d'aspects différents.</translation>
  </message>
  <message>
   <source>A few points on the kind of place that you are looking for.</source>
   <translation>Quelques points sur le genre de lieu que vous cherchez.</translation>
  </message>
  <message>
   <source>Encode…</source>
   <translation>Encoder une image…</translation>
  </message>
  <message>
   <source>Set up IAMAP…</source>
   <translation>Installer IAMAP…</translation>
  </message>
  <message>
   <source>did you mean {name}?</source>
   <translation>vouliez-vous dire {name} ?</translation>
  </message>
  <message>
   <source>it has {names}</source>
   <translation>il a {names}</translation>
  </message>
  <message>
   <source>{algorithm} has no parameter {name}</source>
   <translation>{algorithm} n'a pas de paramètre {name}</translation>
  </message>
  <message>
   <source>The run failed: {error}.</source>
   <translation>L'exécution a échoué : {error}.</translation>
  </message>
  <message>
   <source>{unit} {done} of {total}</source>
   <translation>{unit} {done} sur {total}</translation>
  </message>
  <message>
   <source>about {time} left</source>
   <translation>encore {time} environ</translation>
  </message>
  <message>
   <source>Worker</source>
   <translation>Processus de calcul</translation>
  </message>
  <message>
   <source>Parameters</source>
   <translation>Paramètres</translation>
  </message>
  <message>
   <source>Advanced parameters</source>
   <translation>Paramètres avancés</translation>
  </message>
  <message>
   <source>{file} is no model</source>
   <translation>{file} n'est pas un modèle</translation>
  </message>
  <message>
   <source>One of: {words}.</source>
   <translation>Au choix : {words}.</translation>
  </message>
  <message>
   <source>save it as GeoTIFF first: right-click the layer, Export, Save As</source>
   <translation>enregistrez-la d'abord en GeoTIFF : clic droit sur la couche, Exporter, Enregistrer sous</translation>
  </message>
  <message>
   <source>give xmin,xmax,ymin,ymax, with [EPSG:…] behind it where it is not in the raster's CRS</source>
   <translation>donnez xmin,xmax,ymin,ymax, suivi de [EPSG:…] si ce n'est pas dans le SCR du raster</translation>
  </message>
  <message>
   <source>give a code such as EPSG:2154</source>
   <translation>donnez un code tel que EPSG:2154</translation>
  </message>
  <message>
   <source>{value} can't be opened as a raster</source>
   <translation>{value} ne s'ouvre pas comme raster</translation>
  </message>
  <message>
   <source>the layer {name} is no raster file but of type {kind}</source>
   <translation>la couche {name} n'est pas un fichier raster mais de type {kind}</translation>
  </message>
  <message>
   <source>{name} = {bands}: there is no band {band}</source>
   <translation>{name} = {bands} : il n'y a pas de bande {band}</translation>
  </message>
  <message>
   <source>the raster {raster} has bands 1 to {count}</source>
   <translation>le raster {raster} a les bandes 1 à {count}</translation>
  </message>
  <message>
   <source>{name} = {value} is empty</source>
   <translation>{name} = {value} est vide</translation>
  </message>
  <message>
   <source>{name} = {value} is no coordinate reference system</source>
   <translation>{name} = {value} n'est pas un système de coordonnées</translation>
  </message>
  <message>
   <source>{name} = {path} can't be written</source>
   <translation>{name} = {path} ne peut pas être écrit</translation>
  </message>
  <message>
   <source>give a name that ends in {ending}</source>
   <translation>donnez un nom qui finit par {ending}</translation>
  </message>
  <message>
   <source>save the layer as GeoPackage first: right-click it, Export, Save Features As</source>
   <translation>enregistrez d'abord la couche en GeoPackage : clic droit, Exporter, Sauvegarder les entités sous</translation>
  </message>
  <message>
   <source>cancelled</source>
   <translation>annulé</translation>
  </message>
  <message>
   <source>the features of the layer {name} can't be written to a file: {error}</source>
   <translation>les entités de la couche {name} ne peuvent pas être écrites dans un fichier : {error}</translation>
  </message>
  <message>
   <source>choose a file or folder on this computer</source>
   <translation>choisissez un fichier ou un dossier de cet ordinateur</translation>
  </message>
  <message>
   <source>All files</source>
   <translation>Tous les fichiers</translation>
  </message>
  <message>
   <source>{name} = {path} is not there</source>
   <translation>{name} = {path} n'existe pas</translation>
  </message>
  <message>
   <source>select some, or take the tick off “Selected features only”</source>
   <translation>sélectionnez-en, ou décochez « Entité(s) sélectionnée(s) uniquement »</translation>
  </message>
  <message>
   <source>points</source>
   <translation>de points</translation>
  </message>
  <message>
   <source>lines</source>
   <translation>de lignes</translation>
  </message>
  <message>
   <source>polygons</source>
   <translation>de polygones</translation>
  </message>
  <message>
   <source>choose another layer</source>
   <translation>choisissez une autre couche</translation>
  </message>
  <message>
   <source>{value} can't be opened as a vector layer</source>
   <translation>{value} ne peut pas être ouvert comme couche vecteur</translation>
  </message>
  <message>
   <source>no feature of the layer {name} is selected</source>
   <translation>aucune entité de la couche {name} n'est sélectionnée</translation>
  </message>
  <message>
   <source>the layer {name} does not hold {kind}</source>
   <translation>la couche {name} ne contient pas {kind}</translation>
  </message>
  <message>
   <source>the layer {name} has no geometry</source>
   <translation>la couche {name} n'a pas de géométrie</translation>
  </message>
  <message>
   <source>{name} = {column}: the layer {layer} has no such field</source>
   <translation>{name} = {column} : la couche {layer} n'a pas ce champ</translation>
  </message>
  <message>
   <source>IAMAP: features of rasters from pre-trained encoders</source>
   <translation>IAMAP : descripteurs de rasters par encodeurs pré-entraînés</translation>
  </message>
  <message>
   <source>Choose Plugins ▸ IAMAP ▸ Set up IAMAP…</source>
   <translation>Choisissez Extensions ▸ IAMAP ▸ Installer IAMAP…</translation>
  </message>
  <message>
   <source>More</source>
   <translation>En savoir plus</translation>
  </message>
  <message>
   <source>the worker was killed, most often because memory ran out</source>
   <translation>le processus de calcul a été tué, le plus souvent faute de mémoire</translation>
  </message>
  <message>
   <source>choose a smaller encoder, smaller tiles or fewer tiles at once, or close other programs</source>
   <translation>choisissez un encodeur plus petit, des tuiles plus petites ou moins de tuiles à la fois, ou fermez d'autres programmes</translation>
  </message>
  <message>
   <source>the worker crashed (access violation)</source>
   <translation>le processus de calcul a planté (violation d'accès)</translation>
  </message>
  <message>
   <source>run Plugins, IAMAP, Set up IAMAP…</source>
   <translation>lancez Extensions, IAMAP, Installer IAMAP…</translation>
  </message>
  <message>
   <source>Its last words:</source>
   <translation>Ses derniers mots :</translation>
  </message>
  <message>
   <source>the worker ended without a result (exit code {code})</source>
   <translation>le processus de calcul s'est terminé sans résultat (code de sortie {code})</translation>
  </message>
  <message>
   <source>the worker crashed (signal {number})</source>
   <translation>le processus de calcul a planté (signal {number})</translation>
  </message>
  <message>
   <source>the engine's Python can't be started: {error}</source>
   <translation>le Python du moteur ne démarre pas : {error}</translation>
  </message>
  <message>
   <source>the worker said that it wrote {path}, but it is not there</source>
   <translation>le processus de calcul dit avoir écrit {path}, mais ce fichier n'existe pas</translation>
  </message>
  <message>
   <source>Python of the engine (empty: the environment that IAMAP sets up)</source>
   <translation>Python du moteur (vide : l'environnement installé par IAMAP)</translation>
  </message>
  <message>
   <source>Folder of downloaded weights (empty: in IAMAP's folder)</source>
   <translation>Dossier des poids téléchargés (vide : dans le dossier d'IAMAP)</translation>
  </message>
  <message>
   <source>IAMAP's folder: engine environment, weights (empty: the usual place)</source>
   <translation>Dossier d'IAMAP : environnement du moteur, poids (vide : l'endroit habituel)</translation>
  </message>
  <message>
   <source>IAMAP computes with PyTorch, timm, torchgeo and rasterio. They are installed once, into a folder of their own: QGIS, its Python and its other plugins stay as they are.</source>
   <translation>IAMAP calcule avec PyTorch, timm, torchgeo et rasterio. Ils sont installés une seule fois, dans un dossier à part : QGIS, son Python et ses autres extensions restent tels quels.</translation>
  </message>
  <message>
   <source>To use a Python of your own that has the packages (conda, venv), name it in Settings ▸ Options ▸ Processing.</source>
   <translation>Pour utiliser votre propre Python qui a ces paquets (conda, venv), indiquez-le dans Préférences ▸ Options ▸ Traitement.</translation>
  </message>
  <message>
   <source>Set up IAMAP</source>
   <translation>Installer IAMAP</translation>
  </message>
  <message>
   <source>Use an NVIDIA graphics card (CUDA; several gigabytes more)</source>
   <translation>Utiliser une carte graphique NVIDIA (CUDA ; plusieurs gigaoctets de plus)</translation>
  </message>
  <message>
   <source>Advanced</source>
   <translation>Avancé</translation>
  </message>
  <message>
   <source>found by itself, or fetched</source>
   <translation>trouvé tout seul, ou téléchargé</translation>
  </message>
  <message>
   <source>the usual one, or that of pip's settings</source>
   <translation>l'habituel, ou celui des réglages de pip</translation>
  </message>
  <message>
   <source>none</source>
   <translation>aucun</translation>
  </message>
  <message>
   <source>Use no network, only the folder of wheels</source>
   <translation>Sans réseau, seulement avec le dossier de wheels</translation>
  </message>
  <message>
   <source>Python 3.11 to 3.13 to build on</source>
   <translation>Python 3.11 à 3.13 servant de base</translation>
  </message>
  <message>
   <source>Package index</source>
   <translation>Index de paquets</translation>
  </message>
  <message>
   <source>Folder of wheels</source>
   <translation>Dossier de wheels</translation>
  </message>
  <message>
   <source>Cancel</source>
   <translation>Annuler</translation>
  </message>
  <message>
   <source>Open log</source>
   <translation>Ouvrir le journal</translation>
  </message>
  <message>
   <source>Close</source>
   <translation>Fermer</translation>
  </message>
  <message>
   <source>Broken: its Python is gone.</source>
   <translation>Endommagé : son Python a disparu.</translation>
  </message>
  <message>
   <source>Not set up yet.</source>
   <translation>Pas encore installé.</translation>
  </message>
  <message>
   <source>State</source>
   <translation>État</translation>
  </message>
  <message>
   <source>Folder</source>
   <translation>Dossier</translation>
  </message>
  <message>
   <source>Size</source>
   <translation>Taille</translation>
  </message>
  <message>
   <source>Check and repair</source>
   <translation>Vérifier et réparer</translation>
  </message>
  <message>
   <source>Set up</source>
   <translation>Installer</translation>
  </message>
  <message>
   <source>{needed:g} GB needed, {free:.0f} GB free on this disk; a download of about {load}</source>
   <translation>{needed:g} Go nécessaires, {free:.0f} Go libres sur ce disque ; environ {load} à télécharger</translation>
  </message>
  <message>
   <source>Stopping…</source>
   <translation>Arrêt en cours…</translation>
  </message>
  <message>
   <source>Cancelled. Nothing half-made is left.</source>
   <translation>Annulé. Il ne reste rien d'inachevé.</translation>
  </message>
  <message>
   <source>What is done is shown here, and kept in {file}</source>
   <translation>Ce qui est fait s'affiche ici et se garde dans {file}</translation>
  </message>
  <message>
   <source>Set up, with Python {python} and torch {torch}.</source>
   <translation>Installé, avec Python {python} et torch {torch}.</translation>
  </message>
  <message>
   <source>{free:.0f} GB free on this disk</source>
   <translation>{free:.0f} Go libres sur ce disque</translation>
  </message>
  <message>
   <source>IAMAP is ready: its algorithms are in the Processing toolbox.</source>
   <translation>IAMAP est prêt : ses algorithmes sont dans la boîte à outils de traitements.</translation>
  </message>
  <message>
   <source>{error} All that was said is in {file}</source>
   <translation>{error} Tout ce qui a été dit est dans {file}</translation>
  </message>
  <message>
   <source>outside the area of applicability</source>
   <translation>hors du domaine d'applicabilité</translation>
  </message>
  <message>
   <source>rounds</source>
   <translation>tours</translation>
  </message>
  <message>
   <source>fit the correction</source>
   <translation>ajuster la correction</translation>
  </message>
  <message>
   <source>rows</source>
   <translation>lignes</translation>
  </message>
  <message>
   <source>correct</source>
   <translation>corriger</translation>
  </message>
  <message>
   <source>method</source>
   <translation>méthode</translation>
  </message>
  <message>
   <source>columns</source>
   <translation>colonnes</translation>
  </message>
  <message>
   <source>blocks</source>
   <translation>blocs</translation>
  </message>
  <message>
   <source>look at all cells</source>
   <translation>parcourir toutes les cellules</translation>
  </message>
  <message>
   <source>find the directions of change</source>
   <translation>trouver les directions du changement</translation>
  </message>
  <message>
   <source>changed cells</source>
   <translation>cellules changées</translation>
  </message>
  <message>
   <source>changed in %</source>
   <translation>part changée en %</translation>
  </message>
  <message>
   <source>threshold</source>
   <translation>seuil</translation>
  </message>
  <message>
   <source>correction</source>
   <translation>correction</translation>
  </message>
  <message>
   <source>second date</source>
   <translation>seconde date</translation>
  </message>
  <message>
   <source>compare</source>
   <translation>comparer</translation>
  </message>
  <message>
   <source>changed m²</source>
   <translation>m² changés</translation>
  </message>
  <message>
   <source>find the strongest changes</source>
   <translation>trouver les plus forts changements</translation>
  </message>
  <message>
   <source>cells fitted on</source>
   <translation>cellules de l'ajustement</translation>
  </message>
  <message>
   <source>clusters</source>
   <translation>groupes</translation>
  </message>
  <message>
   <source>methods</source>
   <translation>méthodes</translation>
  </message>
  <message>
   <source>fit</source>
   <translation>ajuster</translation>
  </message>
  <message>
   <source>noise in %</source>
   <translation>bruit en %</translation>
  </message>
  <message>
   <source>shapes</source>
   <translation>formes</translation>
  </message>
  <message>
   <source>find the cells</source>
   <translation>recherche des cellules</translation>
  </message>
  <message>
   <source>gather cells into balls</source>
   <translation>rassembler les cellules en boules</translation>
  </message>
  <message>
   <source>radius of the balls</source>
   <translation>rayon des boules</translation>
  </message>
  <message>
   <source>balls</source>
   <translation>boules</translation>
  </message>
  <message>
   <source>steps</source>
   <translation>étapes</translation>
  </message>
  <message>
   <source>numbers</source>
   <translation>nombres</translation>
  </message>
  <message>
   <source>choose the number of clusters</source>
   <translation>choisir le nombre de groupes</translation>
  </message>
  <message>
   <source>clusters chosen</source>
   <translation>groupes choisis</translation>
  </message>
  <message>
   <source>curve</source>
   <translation>courbe</translation>
  </message>
  <message>
   <source>tiles</source>
   <translation>tuiles</translation>
  </message>
  <message>
   <source>tiles computed</source>
   <translation>tuiles calculées</translation>
  </message>
  <message>
   <source>tiles a second</source>
   <translation>tuiles par seconde</translation>
  </message>
  <message>
   <source>megabytes</source>
   <translation>mégaoctets</translation>
  </message>
  <message>
   <source>encode</source>
   <translation>encodage</translation>
  </message>
  <message>
   <source>measure position bias</source>
   <translation>mesure du biais de position</translation>
  </message>
  <message>
   <source>ways</source>
   <translation>façons</translation>
  </message>
  <message>
   <source>get ready</source>
   <translation>préparation</translation>
  </message>
  <message>
   <source>turns</source>
   <translation>tours</translation>
  </message>
  <message>
   <source>encode labels</source>
   <translation>encodage des étiquettes</translation>
  </message>
  <message>
   <source>share of the variance</source>
   <translation>part de la variance</translation>
  </message>
  <message>
   <source>seams of the features</source>
   <translation>raccords des descripteurs</translation>
  </message>
  <message>
   <source>seams of the pixels</source>
   <translation>raccords des pixels</translation>
  </message>
  <message>
   <source>queries</source>
   <translation>requêtes</translation>
  </message>
  <message>
   <source>choose thresholds</source>
   <translation>choix des seuils</translation>
  </message>
  <message>
   <source>classes</source>
   <translation>classes</translation>
  </message>
  <message>
   <source>pixels along a cell</source>
   <translation>pixels par côté de cellule</translation>
  </message>
  <message>
   <source>sharpen</source>
   <translation>affinage</translation>
  </message>
  <message>
   <source>find the best places</source>
   <translation>recherche des meilleurs lieux</translation>
  </message>
  <message>
   <source>regions</source>
   <translation>régions</translation>
  </message>
  <message>
   <source>cells of examples</source>
   <translation>cellules d'exemples</translation>
  </message>
  <message>
   <source>places</source>
   <translation>lieux</translation>
  </message>
  <message>
   <source>clean the map</source>
   <translation>nettoyage de la carte</translation>
  </message>
  <message>
   <source>remove small patches</source>
   <translation>suppression des petites taches</translation>
  </message>
  <message>
   <source>best</source>
   <translation>meilleur</translation>
  </message>
  <message>
   <source>compared</source>
   <translation>comparés</translation>
  </message>
  <message>
   <source>folds</source>
   <translation>plis</translation>
  </message>
  <message>
   <source>look what matters</source>
   <translation>recherche de ce qui compte</translation>
  </message>
  <message>
   <source>read the raster of labels</source>
   <translation>lecture du raster d'étiquettes</translation>
  </message>
  <message>
   <source>fits</source>
   <translation>ajustements</translation>
  </message>
  <message>
   <source>see if more labels would help</source>
   <translation>essai : plus d'étiquettes aideraient-elles</translation>
  </message>
  <message>
   <source>look over the map</source>
   <translation>examen de la carte</translation>
  </message>
  <message>
   <source>areas outside</source>
   <translation>surfaces hors domaine</translation>
  </message>
  <message>
   <source>choose</source>
   <translation>choix</translation>
  </message>
  <message>
   <source>labelled cells</source>
   <translation>cellules étiquetées</translation>
  </message>
  <message>
   <source>suspicious labels</source>
   <translation>étiquettes suspectes</translation>
  </message>
  <message>
   <source>read the layer</source>
   <translation>lecture de la couche</translation>
  </message>
  <message>
   <source>MB</source>
   <translation>Mo</translation>
  </message>
  <message>
   <source>download</source>
   <translation>téléchargement</translation>
  </message>
  <message>
   <source>check of the weights</source>
   <translation>vérification des poids</translation>
  </message>
  <message>
   <source>groups</source>
   <translation>ensembles</translation>
  </message>
  <message>
   <source>distance</source>
   <translation>distance</translation>
  </message>
  <message>
   <source>cells of the smallest cluster</source>
   <translation>cellules du plus petit groupe</translation>
  </message>
  <message>
   <source>shares</source>
   <translation>parts</translation>
  </message>
  <message>
   <source>stress</source>
   <translation>contrainte</translation>
  </message>
  <message>
   <source>width</source>
   <translation>largeur</translation>
  </message>
  <message>
   <source>share rebuilt</source>
   <translation>part reconstruite</translation>
  </message>
  <message>
   <source>shifted bands</source>
   <translation>bandes relevées</translation>
  </message>
  <message>
   <source>bands of each component</source>
   <translation>bandes de chaque composante</translation>
  </message>
  <message>
   <source>shares of the squares</source>
   <translation>parts des carrés</translation>
  </message>
  <message>
   <source>divergence</source>
   <translation>divergence</translation>
  </message>
  <message>
   <source>read the examples</source>
   <translation>lecture des exemples</translation>
  </message>
  <message>
   <source>find changed cells</source>
   <translation>recherche des cellules changées</translation>
  </message>
  <message>
   <source>measure areas</source>
   <translation>mesure des surfaces</translation>
  </message>
  <message>
   <source>draw polygons</source>
   <translation>tracé des polygones</translation>
  </message>
  <message>
   <source>write</source>
   <translation>écriture</translation>
  </message>
  <message>
   <source>principal components</source>
   <translation>composantes principales</translation>
  </message>
  <message>
   <source>percentiles</source>
   <translation>centiles</translation>
  </message>
  <message>
   <source>statistics</source>
   <translation>statistiques</translation>
  </message>
  <message>
   <source>look at distances</source>
   <translation>examen des distances</translation>
  </message>
  <message>
   <source>read the map</source>
   <translation>lecture de la carte</translation>
  </message>
  <message>
   <source>read the labelled cells</source>
   <translation>lecture des cellules étiquetées</translation>
  </message>
  <message>
   <source>write the map</source>
   <translation>écriture de la carte</translation>
  </message>
  <message>
   <source>check</source>
   <translation>vérification</translation>
  </message>
  <message>
   <source>check, flattered</source>
   <translation>vérification flattée</translation>
  </message>
  <message>
   <source>overall accuracy</source>
   <translation>exactitude globale</translation>
  </message>
  <message>
   <source>balanced accuracy</source>
   <translation>exactitude équilibrée</translation>
  </message>
  <message>
   <source>overall accuracy by area</source>
   <translation>exactitude globale par surface</translation>
  </message>
  <message>
   <source>macro-F1</source>
   <translation>macro-F1</translation>
  </message>
  <message>
   <source>R²</source>
   <translation>R²</translation>
  </message>
  <message>
   <source>bias</source>
   <translation>biais</translation>
  </message>
  <message>
   <source>checked by</source>
   <translation>vérifié par</translation>
  </message>
  <message>
   <source>overall accuracy, random labels held out</source>
   <translation>exactitude globale, étiquettes au hasard mises de côté</translation>
  </message>
  <message>
   <source>R², random labels held out</source>
   <translation>R², étiquettes au hasard mises de côté</translation>
  </message>
  <message>
   <source>position bias</source>
   <translation>biais de position</translation>
  </message>
  <message>
   <source>R² of the place within the tile</source>
   <translation>R² de la position dans la tuile</translation>
  </message>
  <message>
   <source>R² of the place without the pattern</source>
   <translation>R² de la position sans le motif</translation>
  </message>
  <message>
   <source>differences of the same ground gone</source>
   <translation>part disparue des différences d'un même terrain</translation>
  </message>
 </context>
</TS>
